"""What Dagster shows beside an asset: columns, links and pictures."""

import base64
import io
from collections.abc import Mapping, Sequence

import dagster as dg

from taxi.settings import Settings
from taxi.source import Column
from taxi.store import Store

OWNERS = ["team:taxi"]
PREVIEW_WIDTH = 480  # pixels
PREVIEW_COLOURS = 64
# Previews are kept in the event log's rows, of which a page of the UI reads dozens at once.
LARGEST_PREVIEW = 150_000  # bytes of PNG

Metadata = dict[str, dg.MetadataValue | int | float | str]


def schema(columns: Mapping[str, str], meanings: Mapping[str, str]) -> dg.TableSchema:
    """Names, types and meanings of a table's columns."""
    return dg.TableSchema([dg.TableColumn(name, kind, meanings.get(name)) for name, kind in columns.items()])


def schema_found(columns: Sequence[Column]) -> dg.TableSchema:
    """The columns that a file really has."""
    return dg.TableSchema([dg.TableColumn(column.name, column.type) for column in columns])


def table(name: str, columns: Mapping[str, str], meanings: Mapping[str, str]) -> dict[str, object]:
    """Metadata of an asset that is a table of the lake."""
    return {
        "dagster/table_name": f"lake.main.{name}",
        "dagster/storage_kind": "ducklake",
        "dagster/column_schema": schema(columns, meanings),
    }


def place(settings: Settings, uri: str, *, label: str = "") -> Metadata:
    """Where a file is: its URI, and a link that a browser opens, unless nobody said where browsers find the object store.

    :param label: tells the files of one asset apart
    """
    link = Store(settings).link(uri)
    found: Metadata = {f"{label} uri".strip(): dg.MetadataValue.path(uri)}
    return found | {f"{label} link (valid for 7 days)".strip(): dg.MetadataValue.url(link)} if link else found


def preview(png: bytes) -> Metadata:
    """A small copy of a picture, which the UI shows in place."""
    small = shrunk(png)
    if len(small) > LARGEST_PREVIEW:
        return {}
    return {"preview": dg.MetadataValue.md(f"![preview](data:image/png;base64,{base64.b64encode(small).decode()})")}


def shrunk(png: bytes) -> bytes:
    """The picture with few pixels and few colours."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as picture:
        flat = Image.new("RGB", picture.size, "white")
        flat.paste(picture, mask=picture.getchannel("A") if picture.mode == "RGBA" else None)
    flat.thumbnail((PREVIEW_WIDTH, 2 * PREVIEW_WIDTH), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    flat.quantize(PREVIEW_COLOURS, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()
