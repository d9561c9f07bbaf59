"""Measures hobnob beside references that do the same work, in one run and on one machine.

Ratios count: machines differ and are noisy, so no figure is compared with one of another run, and nothing here
passes or fails by the clock. `python -m bench` prints the table; docs/benchmarks.md says how to read it.
"""
