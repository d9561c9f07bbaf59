"""How it is said: bytes and commands, events and bytes; no rule of the chat stands here."""
