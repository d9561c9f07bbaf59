"""Our side of the wire in Python: a client that resumes, sends exactly once, and knows its rooms."""
