"""What was saved against all-realtime list price, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cavendish.core.money import ZERO, Money
from cavendish.insight.hits import Found
from cavendish.insight.itemised import Item

NOTE = (
    "what was found in the cache is not part of it; a relay's picture is compared with the "
    "picture's list price alone"
)


@dataclass(frozen=True, slots=True)
class Because:
    """Pictures for which, for one reason, another price was paid than the list's."""

    reason: str
    pictures: int
    listed: Money
    paid: Money

    @property
    def saved(self) -> Money:
        """Below zero where more was paid than the list says."""
        return self.listed - self.paid

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        return {
            "reason": self.reason,
            "pictures": self.pictures,
            "list_usd": self.listed.usd,
            "paid_usd": self.paid.usd,
            "saved_usd": self.saved.usd,
        }


@dataclass(frozen=True, slots=True)
class Savings:
    """Real money only. `listed` and `paid` are of the pictures that can be compared; `uncompared`
    is what others cost, `without` what was paid and brought no picture. `hits` were found instead
    of bought, which `spared` what the originals had cost."""

    listed: Money = ZERO
    paid: Money = ZERO
    because: tuple[Because, ...] = field(default=())
    uncompared: Money = ZERO
    without: Money = ZERO
    hits: int = 0
    spared: Money = ZERO
    note: str = NOTE

    @property
    def saved(self) -> Money:
        """All of it, below zero where more was paid than the list says."""
        return self.listed - self.paid

    def to_json(self) -> dict[str, Any]:
        """Decimal strings in USD."""
        return {
            "list_usd": self.listed.usd,
            "paid_usd": self.paid.usd,
            "saved_usd": self.saved.usd,
            "because": [one.to_json() for one in self.because],
            "uncompared_usd": self.uncompared.usd,
            "without_picture_usd": self.without.usd,
            "cache": {"hits": self.hits, "spared_usd": self.spared.usd},
            "note": self.note,
        }


class Tally:
    """Adds up items one by one."""

    def __init__(self) -> None:
        self._by: dict[str, tuple[int, int, int]] = {}
        self._uncompared = self._without = 0
        self._hits, self._spared = 0, ZERO

    def add(self, item: Item) -> None:
        """One attempt."""
        if item.realm != "real":
            return
        if not item.drawn:
            self._without += item.cost.nanos
        elif item.listed is None:
            self._uncompared += item.cost.nanos
        else:
            pictures, listed, paid = self._by.get(item.reason, (0, 0, 0))
            self._by[item.reason] = (
                pictures + 1, listed + item.listed.nanos, paid + item.cost.nanos,
            )  # fmt: skip

    def add_found(self, found: Iterable[Found]) -> None:
        """What was found instead of bought."""
        for one in found:
            if one.realm == "real":
                self._hits += one.hits
                self._spared += one.spared

    def savings(self) -> Savings:
        """What came together; the reason that saved most comes first."""
        because = [
            Because(reason, pictures, Money(listed), Money(paid))
            for reason, (pictures, listed, paid) in self._by.items()
        ]
        return Savings(
            Money.total(one.listed for one in because),
            Money.total(one.paid for one in because),
            tuple(sorted(
                (one for one in because if one.saved),
                key=lambda one: (-one.saved.nanos, one.reason),
            )),
            Money(self._uncompared),
            Money(self._without),
            self._hits,
            self._spared,
        )  # fmt: skip
