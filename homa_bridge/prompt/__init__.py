"""Puts a visitor's memory into words for the assistant."""
