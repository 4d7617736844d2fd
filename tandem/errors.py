"""The one exception that a user may see."""


class TandemError(Exception):
    """Something the user can act on.

    The message is one sentence that says what is wrong; `hint` says what to do next. Both are printed without a
    traceback and the process ends with status 1.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
