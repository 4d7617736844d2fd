"""Runs at every start of Python in this image."""

import gc

# Importing Airflow makes millions of objects that all stay, and the default threshold walks them again and again: 0.15 to 0.2 s of
# CPU for every task. A higher threshold, not an end of collection: cycles of user code are still freed.
gc.set_threshold(50_000, 20, 100)
