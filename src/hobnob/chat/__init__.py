"""What it means: the rules of the chat. No sockets, no SQL, no bytes of any gateway."""
