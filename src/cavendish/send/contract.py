"""Is it what was asked for? Judged by the picture's own header, never by what the answer says."""

from __future__ import annotations

from dataclasses import dataclass

from cavendish.core.errors import ContractViolation
from cavendish.core.model import Model
from cavendish.core.money import Money
from cavendish.core.request import ImageRequest
from cavendish.core.result import Drawn, Finding
from cavendish.imaging.inspect import Header

TOLERANCE = 0.01
"""A side may differ by one per cent from the table before it is another picture."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the contract needs to know of a request; kept with the attempt."""

    model: str
    size: str
    aspect_ratio: str
    tier: str = "standard"

    @classmethod
    def of(cls, request: ImageRequest) -> Asked:
        """What a request asks for."""
        return cls(request.model, request.size, request.aspect_ratio, request.tier)

    def to_row(self) -> dict[str, str]:
        """A JSON-ready form."""
        return {name: getattr(self, name) for name in self.__slots__}


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


def violation(drawn: Drawn, paid: Money) -> ContractViolation | None:
    """The error for a picture with findings. `paid` is what this call paid for it."""
    if not drawn.findings:
        return None
    return ContractViolation(
        "the picture is not what was asked for: " + "; ".join(map(str, drawn.findings)),
        next_step="it is kept; --no-cache buys another",
        billed=bool(paid),
        details={
            "findings": [finding.to_json() for finding in drawn.findings],
            "cost_usd": paid.usd,
        },
    )


def _differs(got: float, asked: float) -> bool:
    return abs(got / asked - 1) > TOLERANCE
