"""Keeps what visitors type, their sessions, interests and chats."""
