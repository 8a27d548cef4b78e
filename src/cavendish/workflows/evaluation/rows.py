"""What came of each prompt on each channel, and what that makes of the channel."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from cavendish.core.model import Realm
from cavendish.core.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class Row:
    """One picture that was asked of one channel. `path` is relative to the evaluation's folder.

    `price` is what it cost when it was bought, `cost` what this run paid for it, nothing where it
    was `cached`. `latency_s` is of the run that bought it, None where that is not known. `asked`
    are the pixels of the model's table; `findings` say in what the picture is another.
    """

    channel: str
    number: int
    copy: int
    prompt: str
    digest: str
    asked: tuple[int, int]
    path: str | None = None
    width: int = 0
    height: int = 0
    sha256: str | None = None
    price: Money | None = None
    cost: Money = ZERO
    cached: bool = False
    latency_s: float | None = None
    model_version: str | None = None
    findings: tuple[str, ...] = ()
    opens: bool = True
    error: str | None = None
    message: str | None = None

    @property
    def came(self) -> bool:
        """Whether there is a picture."""
        return self.sha256 is not None

    @property
    def as_asked(self) -> bool:
        """Whether it is the picture that was asked for."""
        return self.came and not self.findings

    def to_json(self) -> dict[str, Any]:
        """As JSON; money in USD, times in seconds."""
        return {
            "channel": self.channel,
            "number": self.number,
            "copy": self.copy,
            "prompt": self.prompt,
            "digest": self.digest,
            "path": self.path,
            "asked_width": self.asked[0],
            "asked_height": self.asked[1],
            "width": self.width or None,
            "height": self.height or None,
            "as_asked": self.as_asked if self.came else None,
            "sha256": self.sha256,
            "price_usd": None if self.price is None else self.price.usd,
            "cost_usd": self.cost.usd,
            "cached": self.cached,
            "latency_s": None if self.latency_s is None else round(self.latency_s, 3),
            "model_version": self.model_version,
            "findings": list(self.findings),
            "error": self.error,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Standing:
    """One channel in an evaluation. Latencies in seconds, None where nothing was measured; `price`
    is per picture, None where none has a price that is known."""

    channel: str
    realm: Realm
    asked: int
    came: int
    as_asked: int
    cached: int
    price: Money | None
    cost: Money
    p50_s: float | None
    p95_s: float | None
    pixels: str

    @classmethod
    def of(cls, channel: str, realm: Realm, rows: Sequence[Row]) -> Standing:
        """What these rows, all of one channel, make of it."""
        came = [row for row in rows if row.came]
        prices = [row.price for row in came if row.price is not None]
        waits = sorted(row.latency_s for row in came if row.latency_s is not None)
        sizes = Counter(f"{row.width}x{row.height}" for row in came)
        return cls(
            channel, realm, len(rows), len(came), sum(row.as_asked for row in came),
            sum(row.cached for row in came),
            Money(-(-sum(p.nanos for p in prices) // len(prices))) if prices else None,
            Money.total(row.cost for row in rows),
            _rank(waits, 0.5), _rank(waits, 0.95),
            ", ".join(size for size, _ in sizes.most_common(2)) + ("…" * (len(sizes) > 2)),
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """As JSON; money in USD, times in seconds."""
        return {
            "channel": self.channel,
            "realm": self.realm,
            "asked": self.asked,
            "came": self.came,
            "success_rate": round(self.came / max(1, self.asked), 4),
            "as_asked": self.as_asked,
            "cached": self.cached,
            "price_per_picture_usd": None if self.price is None else self.price.usd,
            "cost_usd": self.cost.usd,
            "latency_p50_s": self.p50_s and round(self.p50_s, 3),
            "latency_p95_s": self.p95_s and round(self.p95_s, 3),
            "pixels": self.pixels,
        }


def to_csv(rows: Iterable[Row]) -> str:
    """The rows as CSV with a header; findings are joined with semicolons.

    What a spreadsheet would take for a formula is made plain text.
    """
    documents = [row.to_json() for row in rows]
    file = io.StringIO()
    writer = csv.DictWriter(file, list(documents[0]) if documents else ["channel"])
    writer.writeheader()
    for document in documents:
        said = {**document, "findings": "; ".join(document["findings"])}
        writer.writerow({name: _plain(value) for name, value in said.items()})
    return file.getvalue()


def _plain(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@"} else value


def _rank(ordered: Sequence[float], share: float) -> float | None:
    """The nearest rank: a value that was measured."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None
