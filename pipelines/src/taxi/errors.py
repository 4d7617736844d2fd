"""What can go wrong in a way that the user can act on."""


class TaxiError(Exception):
    """A mistake or an outage, told in one sentence. The command line prints it and exits with 1."""


class UsageError(TaxiError):
    """Something that cannot be asked for, such as a month that does not exist. The command line exits with 2."""


class NotPublishedYet(TaxiError):  # noqa: N818 - it names what happened
    """The source has no file of the month (so far)."""


class UnmappableMonth(TaxiError):  # noqa: N818 - it names what happened
    """A month's file has columns that the table of trips cannot hold."""


class MalformedRequest(TaxiError):  # noqa: N818 - it names what happened
    """A request for an answer that nobody could give: not JSON, an unknown borough, impossible dates."""


LONGEST = 800


def one_line(error: BaseException) -> str:
    """The text of an error in one line, without the line breaks and indentation of database drivers. Of statements that they
    repeat at length only the beginning stays, and the reason that comes after it."""
    lines = [" ".join(line.split()) for line in str(error).splitlines()]
    text = "; ".join(line for line in lines if line) or type(error).__name__
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
