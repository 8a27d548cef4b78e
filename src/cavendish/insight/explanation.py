"""A row of the table of errors in plain words: money, trying again, and how it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cavendish.catalog.error_rows import ErrorRow, Sign

_MONEY: Final[Mapping[str, str]] = {
    "no": "No. It was refused before anything was drawn; the money held for it is free again.",
    "unknown": "Nobody can know. Its price stays held and then counts as spent: cavendish cost "
    "report shows it, and the provider's console knows.",
    "counted": "What the answer counts: the prompt and the thinking, mostly. Google does not "
    "charge for pictures it blocked; third parties often charge the full price.",
    "yes": "Yes. It was paid for, and is kept.",
}
_RATE: Final = (
    "Yes, and it is done for you: Cavendish waits as long as the answer advises, else 60 s and "
    "twice as long each time (setting wait_rate_s), and tries three times more (--retries) while "
    "the deadline allows."
)
_SERVER: Final = (
    "Yes, and it is done for you: Cavendish waits as long as the answer advises, else 30 s and "
    "twice as long each time (setting wait_server_s), and tries three times more (--retries). When "
    "most calls fail it stops sooner, so as not to make it worse."
)
_LINE: Final = (
    "If nothing was sent, yes, and it is done for you, after 1 s to 60 s. If the line broke later, "
    "not by itself: it may have been billed. --may-pay-twice 1 allows it once."
)
_UNKNOWN: Final = (
    "Not by itself: it may have been billed, and would be paid twice. --may-pay-twice 1 allows it "
    "once; asking again yourself is your decision, and you are told what it may cost."
)
_DAY: Final = (
    "Not before midnight Pacific time. Until then calls are refused here without being sent, but "
    "for one an hour that looks whether it opened (setting wait_quota_s)."
)
_NEVER: Final = (
    "No. The same request gets the same answer until that is mended; it is never retried."
)
_ENTITLEMENT: Final = "No. Waiting does not help, whatever delay the answer advises; never retried."
_SAFETY: Final = "No. The same request is refused again; it is never retried."
_ANEW: Final = "Not by itself: it would cost again. Other words may help, and you may ask again."
_REPEAT: Final = (
    "Not by itself. Mend the cause, then repeat the command: what was bought is found for nothing."
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One way to fail, for a stranger: every field is a sentence or a plain fact."""

    name: str
    title: str
    type: str
    category: str
    cause: str
    billed: str
    money: str
    retryable: bool
    retry: str
    next_step: str
    docs_url: str | None
    known_by: tuple[str, ...]

    @classmethod
    def of(
        cls, row: ErrorRow, known: Mapping[str, str] | None = None, docs_url: str | None = None
    ) -> Explanation:
        """What a row says; `known` are names for its next step, `docs_url` a better page."""
        return cls(
            name=row.name,
            title=row.title,
            type=row.kind.__name__,
            category=row.kind.category,
            cause=row.cause,
            billed=row.billed,
            money=_money(row),
            retryable=row.kind.retryable,
            retry=_retry(row),
            next_step=row.advice(known or {}),
            docs_url=docs_url or row.docs_url,
            known_by=tuple(map(_said, row.signs)),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        names = [name for name in self.__slots__ if name != "known_by"]
        return {**{n: getattr(self, n) for n in names}, "known_by": list(self.known_by)}


def _money(row: ErrorRow) -> str:
    if row.signs or row.billed not in {"no", "unknown"}:
        return _MONEY[row.billed]
    if row.billed == "no":
        return "No. Nothing was sent."
    return "The message says whether anything was sent. If so, nobody can know; if not, no."


def _retry(row: ErrorRow) -> str:
    kind, name = row.kind, row.kind.__name__
    if row.opens or name == "QuotaExhausted":
        return _DAY
    if name == "BillingRequired":
        return _ENTITLEMENT
    if kind.category == "retryable":
        if not row.signs:
            return _LINE
        return _SERVER if kind.retryable and row.billed == "no" else _UNKNOWN
    if kind.retryable:
        return _RATE
    if kind.category == "safety":
        return _SAFETY
    if name in {"NoImage", "ContractViolation"}:
        return _ANEW
    return _NEVER if kind.category in {"auth", "invalid"} else _REPEAT


def _said(sign: Sign) -> str:
    """How a row is known, in words."""
    found = [f"HTTP {sign.status}"] if sign.status is not None else []
    found += [text for text in (sign.code, sign.name and f"reason {sign.name}") if text]
    if sign.quota:
        found.append(f"quotaId with {' and '.join(sign.quota)}")
    if sign.zero:
        found.append("a limit of 0")
    if sign.detail:
        found.append(f"details of type {sign.detail}")
    if sign.words:
        found.append(f"message begins “{sign.words}”")
    found += [f"finishReason {sign.finish}"] if sign.finish else []
    found += [f"blockReason {sign.block}"] if sign.block else []
    return ", ".join(found) or "anything else"
