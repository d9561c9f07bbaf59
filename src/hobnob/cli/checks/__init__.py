"""What `hobnob doctor` looks at: finding.py is what it says, every other file looks at one part of the house."""
