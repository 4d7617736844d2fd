"""The Python behind the Makefile: one module a verb, standard library only, so that it runs before anything is installed."""
