"""What a caller hands in for an infographic: the data in whatever form, and its shape."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from cavendish.workflows.infographic import datafile
from cavendish.workflows.infographic.brief import Brief, parse

Data: TypeAlias = "str | Path | Mapping[str, Any] | Brief"


def brief_of(data: Data) -> Brief:
    """The brief in a file, in plain data, or as it is. Raises: InvalidRequest."""
    if isinstance(data, Brief):
        return data
    return datafile.read(Path(data)) if isinstance(data, str | Path) else parse(data)


def shape_of(
    aspect_ratio: str | None, size: str | None, exact: object
) -> tuple[str | None, str | None]:
    """Ratio and size: 9:16 at 2K where the caller says none; exact pixels choose their own."""
    if exact is not None:
        return aspect_ratio, size
    return aspect_ratio or "9:16", size or "2K"
