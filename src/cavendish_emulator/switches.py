"""What a test or a person may set about the service: limits, and how heavy signatures are.

Figures: https://ai.google.dev/gemini-api/docs/changelog (100 MB in one body since 2026-01-08) and
https://ai.google.dev/gemini-api/docs/files (2 GB a file, 20 GB a project, 48 hours), checked
2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


class SwitchError(ValueError):
    """A switch that is not there, or a value that it cannot take."""


@dataclass
class Switches:
    """The switches, with what the service does as their defaults."""

    request_bytes: int = 100_000_000  # of one body
    file_bytes: int = 2_000_000_000
    project_bytes: int = 20_000_000_000  # of every file that one key uploaded
    file_life_s: int = 172_800
    processing_s: int = 0  # how long an upload stays PROCESSING
    signature_bytes: int = 825_000  # 1.1 MB of base64, as recorded answers carry
    enforce_signatures: bool = True

    def set(self, given: Any) -> None:
        """Sets what is given. Raises: SwitchError, and then nothing is set."""
        known = asdict(self)
        if not isinstance(given, Mapping):
            raise SwitchError("switches are an object of names and values")
        for name, value in given.items():
            if name not in known:
                raise SwitchError(f"there is no switch {name!r}; known: {', '.join(known)}")
            if type(value) is not type(known[name]) or value < 0:
                kind = "true or false" if isinstance(known[name], bool) else "a whole number"
                raise SwitchError(f"{name} is {kind}, and not below 0")
        for name, value in given.items():
            setattr(self, name, value)

    def clear(self) -> None:
        """Everything as it was."""
        self.set(asdict(Switches()))

    def body(self) -> dict[str, Any]:
        """The switches as JSON."""
        return asdict(self)
