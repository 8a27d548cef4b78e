"""What every named fault has: words about it, and arguments with kinds and defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Args = dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One named fault; `args` is argument -> (kind, default)."""

    about: str
    args: dict[str, tuple[str, Any]] = field(default_factory=dict)
