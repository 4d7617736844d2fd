"""Measurements of the running platform: `make bench`. Ratios are of one run, on one machine, and assert nothing."""
