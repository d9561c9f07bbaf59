"""Full-text indexes: search.py is the contract, every other file is one of them."""
