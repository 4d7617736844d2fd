"""What can go wrong in a way that the user can act on."""


class PipelineError(Exception):
    """A mistake or an outage, told in one sentence. Command lines print it and exit with 1."""


LONGEST = 800


def one_line(error: BaseException) -> str:
    """The text of an error in one line, without the line breaks and indentation of database drivers. Of statements that they
    repeat at length only the beginning stays, and the reason that comes after it."""
    lines = [" ".join(line.split()) for line in str(error).splitlines()]
    text = "; ".join(line for line in lines if line) or type(error).__name__
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"
