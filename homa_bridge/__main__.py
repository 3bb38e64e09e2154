"""Runs the command line as ``python -m homa_bridge``."""

from .cli import main

main(prog_name="homa-bridge")
