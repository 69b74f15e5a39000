"""Faults done to the real thing, one after the other, with what must hold checked after each.

`witness` has the people whom a fault must not touch, `faults` breaks and mends, `table` runs them and writes what was
seen.
"""
