"""Self-hosted chat: one command, one TCP port, any client."""
