"""Named faults: which there are, how they are armed, and which one a request meets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# name -> (description, {argument: (kind, default)})
NAMED: dict[str, tuple[str, dict[str, tuple[str, Any]]]] = {
    "rate_limited": (
        "429 RESOURCE_EXHAUSTED with QuotaFailure and RetryInfo; nothing runs.",
        {"retry_delay_s": ("number", 1)},
    ),
    "overloaded": ("503 UNAVAILABLE; nothing runs.", {}),
    "slow": ("Waits, then answers as usual.", {"seconds": ("number", 5)}),
    "cut": (
        "Runs and bills, sends the first part of the body, then closes the connection.",
        {"bytes": ("integer", None), "fraction": ("number", 0.5)},
    ),
    "reset_after_execution": (
        "Runs and bills, then closes the connection without sending a byte.",
        {},
    ),
    "blocked": (
        "200 without a picture: a blockReason, or with finish_reason a candidate without parts.",
        {"reason": ("string", "SAFETY"), "finish_reason": ("string", None)},
    ),
}
_KEYS = {"match", "fault", "args", "times"}
_MATCH = {"model": str, "path": str, "prompt": str, "n": int}


class FaultError(ValueError):
    """A fault that cannot be armed, and why."""


@dataclass
class Fault:
    """One armed fault; `left` is None for one that never wears out."""

    name: str
    args: dict[str, Any]
    match: dict[str, Any] = field(default_factory=dict)
    left: int | None = 1

    def meets(self, seen: dict[str, Any]) -> bool:
        """Whether every given condition holds for this request."""
        if self.left is not None and self.left <= 0:
            return False
        for key, wanted in self.match.items():
            if key == "prompt":
                if wanted not in seen["prompt"]:
                    return False
            elif seen[key] != wanted:
                return False
        return True

    def body(self) -> dict[str, Any]:
        """The fault as JSON."""
        return {
            "match": self.match,
            "fault": self.name,
            "args": self.args,
            "times": self.left,
        }


class FaultBoard:
    """The armed faults, in the order they were armed."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []

    def arm(self, given: Any) -> list[Fault]:
        """Arm a list of faults, or one; nothing is armed if any is wrong."""
        items = given if isinstance(given, (list, tuple)) else [given]
        faults = [_read(item) for item in items]
        self.armed += faults
        return faults

    def take(self, seen: dict[str, Any]) -> Fault | None:
        """The first armed fault this request meets, one use spent."""
        for fault in self.armed:
            if fault.meets(seen):
                if fault.left is not None:
                    fault.left -= 1
                return fault
        return None

    def clear(self) -> None:
        """Disarm everything."""
        self.armed.clear()


def described() -> dict[str, Any]:
    """Every named fault, with its arguments and their defaults."""
    return {
        "faults": [
            {
                "name": name,
                "description": text,
                "args": {arg: {"type": k, "default": d} for arg, (k, d) in args.items()},
            }
            for name, (text, args) in NAMED.items()
        ]
    }


def _read(item: Any) -> Fault:
    if not isinstance(item, dict):
        raise FaultError("a fault is an object with the keys match, fault, args, times")
    if unknown := sorted(set(item) - _KEYS):
        raise FaultError(f"unknown key {unknown[0]!r}; a fault has match, fault, args, times")
    name = item.get("fault")
    if name not in NAMED:
        raise FaultError(f"unknown fault {name!r}; there are {', '.join(NAMED)}")
    times = item.get("times", 1)
    if times is not None and (not _is_int(times) or times < 0):
        raise FaultError("times is a whole number, or null for always")
    return Fault(
        name, _args(name, item.get("args") or {}), _match(item.get("match") or {}), times or None
    )


def _match(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise FaultError("match is an object with the keys model, path, n, prompt")
    for key, value in given.items():
        kind = _MATCH.get(key)
        if kind is None:
            raise FaultError(f"unknown match key {key!r}; there are model, path, n, prompt")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise FaultError(f"match.{key} is a {'whole number' if kind is int else 'string'}")
    return dict(given)


def _args(name: str, given: Any) -> dict[str, Any]:
    known = NAMED[name][1]
    if not isinstance(given, dict):
        raise FaultError("args is an object")
    for key, value in given.items():
        if key not in known:
            takes = ", ".join(known) or "none"
            raise FaultError(f"unknown argument {key!r} of {name}; it takes {takes}")
        kind = known[key][0]
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        fits = {"string": isinstance(value, str), "number": number, "integer": _is_int(value)}
        if not fits[kind]:
            raise FaultError(f"argument {key!r} of {name} is a non-negative {kind}")
    return {key: given.get(key, default) for key, (_, default) in known.items()}


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
