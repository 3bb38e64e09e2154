"""Shows a person everything that is stored of them, and forgets it."""
