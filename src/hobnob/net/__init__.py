"""Sockets: one port, what is recognised on it, and what leaves by it."""
