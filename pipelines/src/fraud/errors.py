"""What can go wrong in a way that the user can act on."""


class FraudError(Exception):
    """A mistake or an outage, told in one line. The command line prints the line and exits with 1."""


class Stopped(SystemExit):
    """A signal asked the process to end. A subclass of SystemExit, because psycopg cancels a running statement for that."""


def one_line(error: BaseException) -> str:
    """The text of an error in one line, without the indentation and hints that database drivers put on further lines."""
    lines = [line.strip() for line in str(error).splitlines()]
    return "; ".join(" ".join(line.split()) for line in lines if line)
