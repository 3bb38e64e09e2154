"""The visitor memory of a WordPress shop's AI assistant."""
