"""Measures speed as ratios from one run: ``bash tests/run --bench``."""
