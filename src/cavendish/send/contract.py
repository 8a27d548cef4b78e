"""Is it what was asked for? Judged by the picture's own header, never by what the answer says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cavendish.core.model import Model
from cavendish.imaging.inspect import Header

TOLERANCE = 0.01
"""A side may differ by one per cent from the table before it is another picture."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the contract needs to know of a request; kept with the attempt."""

    model: str
    size: str
    aspect_ratio: str

    def to_row(self) -> dict[str, str]:
        """A JSON-ready form."""
        return {"model": self.model, "size": self.size, "aspect_ratio": self.aspect_ratio}


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a picture is not what was asked for."""

    kind: str
    asked: str
    got: str

    def to_json(self) -> dict[str, Any]:
        """The finding as it appears in JSON."""
        return {"kind": self.kind, "asked": self.asked, "got": self.got}

    def __str__(self) -> str:
        return f"{self.kind}: asked for {self.asked}, got {self.got}"


def check(asked: Asked, header: Header, model: Model) -> tuple[Finding, ...]:
    """Size, ratio and end marker of a picture against the model's pixel table."""
    width, height = model.pixels[asked.size][asked.aspect_ratio]
    findings = []
    if not header.complete:
        findings.append(Finding("end marker", "a whole file", "a file that breaks off"))
    if _differs(header.width / header.height, width / height):
        findings.append(
            Finding(
                "aspect ratio",
                f"{asked.aspect_ratio} ({width}x{height})",
                f"{header.width}x{header.height}",
            )
        )
    elif _differs(header.width, width) or _differs(header.height, height):
        findings.append(
            Finding("size", f"{asked.size} ({width}x{height})", f"{header.width}x{header.height}")
        )
    return tuple(findings)


def _differs(got: float, asked: float) -> bool:
    return abs(got / asked - 1) > TOLERANCE
