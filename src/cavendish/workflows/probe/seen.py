"""What came of a probe's call: evidence, without judgement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cavendish.core.errors import CavendishError
from cavendish.core.money import ZERO, Money
from cavendish.core.result import RateLimit, Usage
from cavendish.workflows.probe.plan import Step


@dataclass(frozen=True, slots=True)
class Seen:
    """One call and what came of it. Sizes in pixels, 0 where no picture came.

    `at` is when it was sent (ISO 8601, UTC). `cost` is what was booked, `reserved` the most it
    could be; it is the provider's own word where it was `charged`. `grid` is the picture's
    fingerprint (`imaging.fingerprint`), empty where it was not decoded; `marks` are those of its
    origin that the file carries. `error` is what was raised.
    """

    step: Step
    at: str
    elapsed_s: float
    reserved: Money
    cost: Money = ZERO
    width: int = 0
    height: int = 0
    mime: str = ""
    sha256: str = ""
    path: str | None = None
    grid: bytes = b""
    marks: tuple[str, ...] = ()
    model_version: str | None = None
    charged: bool = False
    usage: Usage | None = None
    rate_limit: RateLimit | None = None
    findings: tuple[str, ...] = ()
    error: CavendishError | None = None

    @property
    def drew(self) -> bool:
        """Whether a picture came that has pixels."""
        return self.width > 0

    @property
    def answered(self) -> bool:
        """Whether it was executed: with a picture, or with words in its place."""
        return self.drew or bool(self.cost) or (self.error is not None and bool(self.error.billed))

    @property
    def refused(self) -> bool:
        """Whether the other side said no, and nothing is charged."""
        error = self.error
        if self.answered or error is None or error.billed is not False:
            return False
        return error.http_status is not None or error.vendor_code is not None

    @property
    def held(self) -> Money:
        """What may have been charged beside `cost`: nobody knows how the call ended."""
        return self.reserved if self.error is not None and self.error.billed is None else ZERO

    @property
    def came(self) -> str:
        """In a few words."""
        if self.drew:
            return f"{self.width}x{self.height} {self.mime.rpartition('/')[2]}"
        if self.error is None:
            return "nothing"
        status = f" {self.error.http_status}" if self.error.http_status else ""
        return f"{type(self.error).__name__}{status}"

    def to_json(self) -> dict[str, Any]:
        """Evidence as JSON; money in USD, times in seconds."""
        usage, limit = self.usage, self.rate_limit
        return {
            **self.step.to_json(),
            "at": self.at,
            "elapsed_s": round(self.elapsed_s, 3),
            "reserved_usd": self.reserved.usd,
            "cost_usd": self.cost.usd,
            "charged": self.charged,
            "width": self.width or None,
            "height": self.height or None,
            "mime": self.mime or None,
            "sha256": self.sha256 or None,
            "path": self.path,
            "marks": list(self.marks),
            "model_version": self.model_version,
            "usage": usage and {name: getattr(usage, name) for name in Usage.__slots__},
            "rate_limit": limit and limit.to_json(),
            "findings": list(self.findings),
            "error": self.error and self.error.to_json(),
        }
