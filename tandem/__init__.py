"""The Python behind the Makefile: one module a verb, standard library only, so that it runs before anything is installed."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older Python must be told, not shown a traceback of a later import
    sys.exit(
        f"error: Tandem needs Python 3.11 or newer; this is {sys.version.split()[0]}\n  -> name another one: make PYTHON=python3.13 ..."
    )
