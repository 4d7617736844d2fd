"""What can go wrong in a way that the user can act on."""

from common.errors import PipelineError, one_line

__all__ = ["FraudError", "one_line"]


class FraudError(PipelineError):
    """A mistake or an outage, told in one line. The command line prints the line and exits with 1."""
