"""Data files: JSON, YAML, CSV and TSV become a brief. What is written is what is shown.

Numbers keep their spelling: 4.80 stays 4.80, +23% stays, and 007, 1_000, yes or 2026-01-02 are
text. Errors name the file, the line where the format knows it, and the field.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from cavendish.core.errors import InvalidRequest
from cavendish.workflows.infographic import tables, yaml_text
from cavendish.workflows.infographic.brief import Brief, parse
from cavendish.workflows.infographic.located import Located, Misread

DATA_BYTES = 1_000_000
KINDS = ("json", "yaml", "csv", "tsv")
ENDINGS = {".json": "json", ".yaml": "yaml", ".yml": "yaml", ".csv": "csv", ".tsv": "tsv"}


def read(path: Path, kind: str | None = None) -> Brief:
    """Reads a data file; its ending says what it is, unless `kind` does.

    Raises: InvalidRequest naming the file, the line, the field and what is wrong with it.
    """
    kind = kind or ENDINGS.get(path.suffix.lower())
    if kind is None:
        raise InvalidRequest(
            "data", f"{path.name}: only JSON, YAML, CSV and TSV are read",
            accepts="a .json, .yaml, .csv or .tsv file, or name its format (--data-format)",
        )  # fmt: skip
    return load(_content(path), kind, str(path))


def load(content: bytes, kind: str, name: str) -> Brief:
    """Reads a brief from the content of a file called `name`. Raises: as `read`."""
    if kind not in KINDS:
        raise InvalidRequest("data_format", f"there is no format {kind!r}", accepts=KINDS)
    _check_size(len(content), name)
    title, reader = _READERS[kind]
    try:
        located = reader(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        line = error.line if isinstance(error, Misread) else None
        where = name if line is None else f"{name}:{line}"
        raise InvalidRequest(
            "data", f"{where}: not {title}: {error}", accepts=_ACCEPTS[kind]
        ) from error
    return _parse(located, name)


def _parse(located: Located, name: str) -> Brief:
    try:
        return parse(located.data)
    except InvalidRequest as error:
        line = located.line(error.details.get("at", error.field))
        if line is None:
            raise
        problem = error.message.removeprefix(f"{error.field}: ")
        accepts = error.next_step.removeprefix("use ")
        raise InvalidRequest(error.field, f"{name}:{line}: {problem}", accepts=accepts) from error


def _content(path: Path) -> bytes:
    try:
        _check_size(path.stat().st_size, str(path))
        return path.read_bytes()
    except OSError as error:
        raise InvalidRequest(
            "data", f"{path}: {error.strerror or error}", accepts="a file that can be read"
        ) from error


def _check_size(size_bytes: int, name: str) -> None:
    if size_bytes > DATA_BYTES:
        raise InvalidRequest(
            "data",
            f"{name}: {size_bytes:,} bytes; at most {DATA_BYTES:,} are read",
            accepts="a smaller file",
        )


def _json(text: str) -> Located:
    data = json.loads(
        text,
        parse_float=str,
        parse_int=str,
        parse_constant=_refuse_constant,
        object_pairs_hook=_once,
    )
    return Located(data)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which every name stands once; else one of two values would vanish unseen."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is given twice")
    return found


_READERS: Mapping[str, tuple[str, Callable[[str], Located]]] = {
    "json": ("JSON", _json),
    "yaml": ("YAML", yaml_text.read),
    "csv": ("CSV", lambda text: tables.read(text, delimiter=",")),
    "tsv": ("TSV", lambda text: tables.read(text, delimiter="\t")),
}
_COLUMNS = "columns label and value (title, style and colors too), in UTF-8"
_ACCEPTS = {
    "json": "a file with one JSON object, in UTF-8",
    "yaml": "one plain YAML mapping, in UTF-8",
    "csv": f"comma-separated {_COLUMNS}",
    "tsv": f"tab-separated {_COLUMNS}",
}
