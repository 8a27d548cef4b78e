"""The emulator's own bill: one entry for every execution, whatever became of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cavendish_emulator.catalog import NANO_PER_USD


def usd(nano: int) -> str:
    """Nano-USD as an exact decimal string, at least two decimals: 137012000 -> "0.137012"."""
    whole, rest = divmod(nano, NANO_PER_USD)
    return f"{whole}.{f'{rest:09d}'.rstrip('0').ljust(2, '0')}"


@dataclass(frozen=True)
class Execution:
    """One time the model ran."""

    id: str
    model: str
    nano_usd: int
    at: datetime
    channel: str


class Bill:
    """An append-only account; it is only touched from the server's event loop."""

    def __init__(self) -> None:
        self.executions: list[Execution] = []

    def book(self, response_id: str, model: str, nano_usd: int, at: datetime, channel: str) -> None:
        """Charge one execution."""
        self.executions.append(Execution(response_id, model, nano_usd, at, channel))

    def clear(self) -> None:
        """Forget everything."""
        self.executions.clear()

    def body(self) -> dict[str, Any]:
        """The bill as JSON, money as decimal strings."""
        return {
            "executions": [
                {
                    "id": entry.id,
                    "model": entry.model,
                    "channel": entry.channel,
                    "usd": usd(entry.nano_usd),
                    "at": entry.at.isoformat().replace("+00:00", "Z"),
                }
                for entry in self.executions
            ],
            "total_usd": usd(sum(entry.nano_usd for entry in self.executions)),
        }
