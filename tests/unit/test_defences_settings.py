"""What the owner may set about strangers, and what is said of a wrong setting."""

import pytest
from limits import parse

from homa_bridge.defences.hosts import is_literal
from homa_bridge.defences.settings import read_defences
from homa_bridge.errors import SettingsError


def test_without_settings_everybody_is_limited_and_nobody_believed() -> None:
    found = read_defences({})
    assert (found.hosts, found.origins, found.proxies.networks, found.proxies.unix) == ((), (), (), False)
    assert found.limits is not None
    assert (found.limits.visitor, found.limits.address) == (parse("600/minute"), parse("3000/minute"))
    assert (found.limits.new_guests, found.limits.storage) == (parse("120/minute"), "memory://")
    assert read_defences({"HOMA_RATE_LIMITS": "OFF"}).limits is None


def test_all_of_them() -> None:
    found = read_defences({
        "HOMA_TRUSTED_PROXIES": " 10.0.0.1 , unix,fd00::/8,",
        "HOMA_TRUSTED_HOSTS": "Memory.example.com, .example.org",
        "HOMA_CORS_ORIGINS": "https://app.example.com, http://localhost:3000,http://[::1]:8080",
        "HOMA_RATE_LIMIT_VISITOR": "20 per second",
        "HOMA_RATE_LIMIT_STORAGE": "redis+unix:///run/redis.sock",
    })  # fmt: skip
    assert found.proxies.include("fd00::1")
    assert found.proxies.include("unix")
    assert found.hosts == ("memory.example.com", ".example.org")
    assert found.origins == ("https://app.example.com", "http://localhost:3000", "http://[::1]:8080")
    assert found.limits is not None
    assert found.limits.visitor == parse("20/second")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("HOMA_TRUSTED_PROXIES", "10.0.0.1, 10.0.0.300", "'10.0.0.300': use addresses"),
        ("HOMA_TRUSTED_HOSTS", "example.com, https://a.example", "'https://a.example': use names"),
        ("HOMA_TRUSTED_HOSTS", "*.example.com", "'*.example.com': use names"),
        ("HOMA_TRUSTED_HOSTS", "example.com:80", "'example.com:80': use names"),
        ("HOMA_CORS_ORIGINS", "*", "'*': name each site, because a visitor's cookie"),
        ("HOMA_CORS_ORIGINS", "https://*.example.com", "name each site"),
        *[
            ("HOMA_CORS_ORIGINS", f"https://a.example, {wrong}", f"{wrong!r}: use scheme and host alone")
            for wrong in (
                *("a.example", "https://", "https://b.example/", "https://b.example/x", "ftp://b.example", "null"),
                *("https://b.example?x", "https://u@b.example", "https://B.example", "https://b.example:443"),
                *(
                    "http://b.example:80",
                    "https://b.example:x",
                    "https://b example",
                    "https://bé.example",
                    "https://[x",
                ),
            )
        ],
        *[
            (f"HOMA_RATE_LIMIT_{which}", wrong, f"{wrong!r}: use a number and a time, such as")
            for which in ("VISITOR", "ADDRESS", "NEW_GUESTS")
            for wrong in ("x", "10", "10/fortnight", "-1/minute", "0/minute", "1/second; 5/minute", "1.5/minute")
        ],
        ("HOMA_RATE_LIMITS", "no", "'no': use on or off."),
        *[
            ("HOMA_RATE_LIMIT_STORAGE", wrong, "is not understood: write memory://, redis://")
            for wrong in ("redis", "memcached://geheim", "postgres://geheim@h", "memory://geheim", "async+redis://h")
        ],
    ],
)
def test_a_wrong_one_is_told_with_its_part(name: str, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_defences({name: text})
    message = str(refused.value)
    assert message.startswith(name)
    assert said in message
    assert "geheim" not in message
    assert "\n" not in message


def test_a_storage_s_password_is_not_shown() -> None:
    assert "geheim" not in repr(read_defences({"HOMA_RATE_LIMIT_STORAGE": "redis://:geheim@h:1/0"}))


def test_which_hosts_are_addresses() -> None:
    for host in ("127.0.0.1", "127.0.0.1:80", "192.0.2.1:65535", "[::1]", "[2001:db8::A]:8765", "0.0.0.0"):
        assert is_literal(host), host
    for host in (
        "localhost",
        "127.1",
        "2130706433",
        "0x7f.1",
        "1.2.3.4.5",
        "::1",
        "[::1",
        "1.2.3.4@x",
        "[x]",
        "1.2.3.4:",
    ):
        assert not is_literal(host), host
