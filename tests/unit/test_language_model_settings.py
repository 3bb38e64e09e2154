"""What may be set about the model, and what is refused."""

from pathlib import Path

import pytest

from homa_bridge.config import load_settings
from homa_bridge.errors import SettingsError
from homa_bridge.language_model.settings import ModelSettings

KEY = "sk-test-0f1e2d3c4b5a"
URL = "https://api.example.com/v1"


def read(folder: Path, **environ: str) -> ModelSettings | None:
    return load_settings({"HOMA_DATA_DIR": str(folder), **environ}, folder).model


def test_there_is_none_unless_the_owner_wants_one(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    assert read(tmp_path, HOMA_MODEL_TIMEOUT="5") is None


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:11434/v1",
        "http://localhost:8080",
        "http://[::1]:8080/v1",
        URL,
        "https://api.example.com:8443/openai/v1",
    ],
)
def test_an_endpoint_is_on_this_machine_or_reached_by_https(tmp_path: Path, url: str) -> None:
    for written in (url, url + "/", url + "/chat/completions"):
        found = read(tmp_path, HOMA_MODEL_URL=written, HOMA_MODEL="small")
        assert found == ModelSettings(url, None, "small", 30, 10)


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"HOMA_MODEL_URL": URL}, "HOMA_MODEL is not set"),
        ({"HOMA_MODEL": "small"}, "HOMA_MODEL_URL is not set"),
        ({"HOMA_MODEL_KEY": KEY}, "HOMA_MODEL_URL is not set"),
        ({"HOMA_MODEL_URL": "http://api.example.com/v1"}, "use https://"),
        ({"HOMA_MODEL_URL": "http://10.0.0.5/v1"}, "use https://"),
        ({"HOMA_MODEL_URL": "http://127.0.0.1.example.com/v1"}, "use https://"),
        ({"HOMA_MODEL_URL": "http://unix/v1"}, "use https://"),
        ({"HOMA_MODEL_URL": "api.example.com"}, "not understood"),
        ({"HOMA_MODEL_URL": "ftp://api.example.com"}, "not understood"),
        ({"HOMA_MODEL_URL": "https://"}, "not understood"),
        ({"HOMA_MODEL_URL": "https://[x"}, "not understood"),
        ({"HOMA_MODEL_URL": "https://h:99999/"}, "not understood"),
        ({"HOMA_MODEL_URL": "https://h/a b"}, "not understood"),
        ({"HOMA_MODEL_URL": f"https://me:{KEY}@api.example.com/v1"}, "HOMA_MODEL_KEY alone"),
        ({"HOMA_MODEL_URL": f"{URL}?api-key={KEY}"}, "HOMA_MODEL_KEY alone"),
        ({"HOMA_MODEL_URL": URL, "HOMA_MODEL_KEY": f"{KEY}\nX-Evil: 1"}, "no key has"),
        ({"HOMA_MODEL_URL": URL, "HOMA_MODEL_KEY": "کلید"}, "no key has"),
        ({"HOMA_MODEL_URL": URL, "HOMA_MODEL_TIMEOUT": "0"}, "HOMA_MODEL_TIMEOUT"),
        ({"HOMA_MODEL_URL": URL, "HOMA_MODEL_DELAY": "soon"}, "HOMA_MODEL_DELAY"),
    ],
)
def test_what_is_wrong_is_told_and_no_key_repeated(tmp_path: Path, environ: dict[str, str], reason: str) -> None:
    whole = environ if reason.endswith("is not set") else {"HOMA_MODEL": "small", **environ}
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, **whole)
    assert reason in str(caught.value)
    assert KEY not in str(caught.value)


def test_the_key_is_not_shown(tmp_path: Path) -> None:
    environ = {"HOMA_DATA_DIR": str(tmp_path), "HOMA_MODEL_URL": URL, "HOMA_MODEL": "small", "HOMA_MODEL_KEY": KEY}
    settings = load_settings(environ, tmp_path)
    assert settings.model is not None
    assert settings.model.key == KEY
    assert KEY not in repr(settings)
