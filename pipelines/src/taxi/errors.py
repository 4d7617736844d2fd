"""What can go wrong in a way that the user can act on."""

from common.errors import PipelineError, one_line

__all__ = ["MalformedRequest", "NotPublishedYet", "TaxiError", "UnmappableMonth", "UsageError", "one_line"]


class TaxiError(PipelineError):
    """A mistake or an outage, told in one sentence. The command line prints it and exits with 1."""


class UsageError(TaxiError):
    """Something that cannot be asked for, such as a month that does not exist. The command line exits with 2."""


class NotPublishedYet(TaxiError):  # noqa: N818 - it names what happened
    """The source has no file of the month (so far)."""


class UnmappableMonth(TaxiError):  # noqa: N818 - it names what happened
    """A month's file has columns that the table of trips cannot hold."""


class MalformedRequest(TaxiError):  # noqa: N818 - it names what happened
    """A request for an answer that nobody could give: not JSON, an unknown borough, impossible dates."""
