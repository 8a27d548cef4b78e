"""Plain data that remembers the line each of its fields stands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Located:
    """Data, and the line (from 1) of each field as errors name it: `metrics[2].value`."""

    data: Any
    lines: Mapping[str, int] = field(default_factory=dict)

    def line(self, name: str) -> int | None:
        """The line of a field, or of the nearest one around it."""
        while name:
            if name in self.lines:
                return self.lines[name]
            name = name[: max(name.rfind("."), name.rfind("["), 0)]
        return self.lines.get("")


class Misread(ValueError):
    """The text is not in its format. `line` counts from 1."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.line = line
