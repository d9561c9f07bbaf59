"""What can be said: frozen values and the rules of text; imports nothing else of hobnob."""
