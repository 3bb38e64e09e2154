"""Measures speed as ratios, the service against a bare handler and the plugin against PHP, and what summaries keep."""

import argparse
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import compressor, connections, growth, login, plugin, prompt, service

PARTS = {
    "service": service.run,
    "connections": connections.run,
    "login": login.run,
    "plugin": plugin.run,
    "compressor": compressor.run,
    "prompt": prompt.run,
    "growth": growth.run,
}


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="tests/run --bench", description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="only this one (default: all)")
    parser.add_argument("--seconds", type=int, default=3, help="length of one load (default 3)")
    parser.add_argument("--rounds", type=int, default=5, help="loads of each kind; the best counts (default 5)")
    parser.add_argument("--only", default="", metavar="WORD", help="loads and dialogues whose name holds this word")
    parser.add_argument(
        "--scale", type=float, default=1.0, metavar="PART", help="of a million guests, for growth (default 1)"
    )
    options = parser.parse_args()
    parts: dict[str, Callable[..., None]] = {**PARTS, "growth": partial(growth.run, scale=options.scale)}
    for part in [options.part] if options.part else parts:
        with tempfile.TemporaryDirectory() as name:
            parts[part](Path(name), options.seconds, options.rounds, options.only)


main()
