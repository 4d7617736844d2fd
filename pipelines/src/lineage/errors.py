"""What goes wrong outside of this program, as one sentence for the page of the tick."""


class LineageError(Exception):
    """The other side, or the storage, cannot do its part now. Nothing is lost: the next tick begins where this one did."""


class Refused(LineageError):  # noqa: N818 - it names what happened
    """Airflow has answered, and refused: what was asked has not happened, and will not happen by itself.

    :param status: of the HTTP answer
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Ambiguous(LineageError):  # noqa: N818 - it names what happened
    """Airflow was asked to write something and did not say whether it has: it may have, or may still."""
