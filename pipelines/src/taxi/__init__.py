"""New York's yellow taxi trips in a lakehouse: files fetched, months loaded, figures, maps and answers made of them.

`python -m taxi --help` is the front door; `docs/` describes the tables. Any orchestrator may call the functions.
"""
