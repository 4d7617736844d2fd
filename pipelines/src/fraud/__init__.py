"""Transactions in Postgres and their fraud labels in MySQL, written exactly once per data interval.

`python -m fraud --help` is the front door; `docs/` describes the tables.
"""
