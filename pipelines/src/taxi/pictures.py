"""Pictures by matplotlib without pyplot: no global state, no display, the same bytes for the same data."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS_PER_INCH = 150
INK = "#20303c"
MUTED = "#5d6b75"
FACES = ["DejaVu Sans"]  # it comes with matplotlib, so that every machine draws the same


def figure(width: float, height: float, background: str = "white") -> Figure:
    """An empty picture; its sizes are in inches of 150 pixels."""
    # Without a folder for its list of fonts, which the home directory of a pod is not, matplotlib complains.
    os.environ.setdefault("MPLCONFIGDIR", str(Path(tempfile.gettempdir()) / f"matplotlib-{os.getuid()}"))
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams["font.sans-serif"] = FACES
    return Figure(figsize=(width, height), dpi=DOTS_PER_INCH, facecolor=background)


def png(picture: Figure) -> bytes:
    """The picture as a PNG file, without a word of the program or the time that made it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    FigureCanvasAgg(picture).print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()
