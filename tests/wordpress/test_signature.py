"""PHP signs what Python verifies: both read the same examples."""

import json
import subprocess
from pathlib import Path

from ..servers import ROOT

VECTORS = ROOT / "tests" / "vectors" / "signing.json"


def test_php_signs_the_examples_as_python_does() -> None:
    script = Path(__file__).parent / "sign_examples.php"
    result = subprocess.run(["php", script, VECTORS], capture_output=True, text=True, check=True)
    examples = json.loads(VECTORS.read_text("utf-8"))["vectors"]
    assert json.loads(result.stdout) == [[example["string_to_sign"], example["signature"]] for example in examples]
    assert len(examples) >= 8
