"""PHP signs what Python verifies: both read the same examples."""

import json
import subprocess
from pathlib import Path

from homa_bridge.refusals import SIGNATURE_ERRORS

from ..servers import ROOT

VECTORS = ROOT / "tests" / "vectors" / "signing.json"


def test_php_signs_the_examples_as_python_does() -> None:
    script = Path(__file__).parent / "sign_examples.php"
    result = subprocess.run(["php", script, VECTORS], capture_output=True, text=True, check=True)
    examples = json.loads(VECTORS.read_text("utf-8"))["vectors"]
    assert json.loads(result.stdout) == [[example["string_to_sign"], example["signature"]] for example in examples]
    assert len(examples) >= 8


def test_the_plugin_knows_every_reason_for_which_a_signature_is_refused() -> None:
    service = (ROOT / "wp-plugin" / "src" / "Service.php").read_text("utf-8")
    known = service.split("DISTRUST", 1)[1].split(");", 1)[0]
    for code, _ in SIGNATURE_ERRORS.values():
        assert f"'{code}'" in known or ("OTHER_SECRET = '" + code) in service
