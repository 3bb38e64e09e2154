"""Keeps the service from being overrun, and from serving what others put before it."""
