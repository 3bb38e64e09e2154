"""Recognises what kind of customer a visitor is."""
