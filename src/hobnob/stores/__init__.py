"""Where it is kept: one contract (`store.py`), one file per kind of store."""
