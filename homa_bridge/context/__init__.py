"""Turns a conversation into the few facts that a seller needs to go on."""
