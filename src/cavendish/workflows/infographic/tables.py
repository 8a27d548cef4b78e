"""CSV and TSV: one metric a row, and the title, style and colours in columns beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import chain

from cavendish.workflows.infographic.located import Located, Misread

WHOLE = ("title", "style", "colors", "colours")
COLUMNS = ("label", "name", "value", *WHOLE)
Row = tuple[int, list[str]]


def read(text: str, *, delimiter: str) -> Located:
    """Reads a table with a header (label, value; title, style, colors if you like), or two
    columns without one. Raises: Misread with the line."""
    rows = _rows(text, delimiter)
    first = next(rows, None)
    if first is None:
        raise Misread("there is no row")
    names = [cell.strip().lower() for cell in first[1]]
    if "value" in names:  # never drawn as a metric: a header that is not quite right is refused
        return _gathered(_header(names, first[0]), rows)
    if len(names) != 2:
        raise Misread(
            f"{len(names)} column{'s' * (len(names) != 1)} and no header with label and value",
            first[0],
        )
    return _gathered(("label", "value"), chain((first,), rows))


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1  # where the row begins; a quoted cell may span lines
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise Misread(str(error), line) from error
        if any(cell.strip() for cell in row):
            yield line, row


def _header(names: Sequence[str], line: int) -> Sequence[str]:
    for name in names:
        if name not in COLUMNS:
            raise Misread(f"there is no column {name!r}; columns are {', '.join(COLUMNS)}", line)
        if names.count(name) > 1:
            raise Misread(f"the column {name!r} is there twice", line)
    if {"label", "name"} <= set(names):
        raise Misread("label and name are both there; keep one", line)
    if "label" not in names and "name" not in names:
        raise Misread("there is no column label", line)
    return names


def _gathered(names: Sequence[str], rows: Iterator[Row]) -> Located:
    data: dict[str, object] = {}
    metrics: list[dict[str, str]] = []
    lines: dict[str, int] = {}
    for line, row in rows:
        if len(row) != len(names):
            raise Misread(f"{len(row)} cells where the first row has {len(names)}", line)
        cells = dict(zip(names, row, strict=True))
        for name in set(cells) & set(WHOLE):
            said = cells.pop(name).strip()
            if said and data.setdefault(name, said) != said:
                raise Misread(f"{name} is {said!r} here and {data[name]!r} above", line)
            if said:
                lines.setdefault(name, line)
        if any(cell.strip() for cell in cells.values()):
            lines[f"metrics[{len(metrics)}]"] = line
            metrics.append(cells)
    return Located({**data, "metrics": metrics}, lines)
