"""What the service tells of itself to whoever operates it: measurements, and lines of a log that belong together."""
