"""Armed faults: how they are read, and which one a request meets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cavendish_emulator.faults.entry import Entry

_MONEY = re.compile(r"\d+(\.\d+)?")
_KINDS = {
    "number": "non-negative number",
    "integer": "non-negative integer",
    "money": 'string of USD, as "0.05"',
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
    """The armed faults, in the order they were armed; `named` are the ones there are."""

    def __init__(self, named: Mapping[str, Entry]) -> None:
        self.named = named
        self.armed: list[Fault] = []

    def arm(self, given: Any) -> list[Fault]:
        """Arm a list of faults, or one; nothing is armed if any is wrong."""
        items = given if isinstance(given, (list, tuple)) else [given]
        faults = [self._read(item) for item in items]
        self.armed += faults
        return faults

    def take(self, seen: dict[str, Any]) -> Fault | None:
        """The first armed fault this request meets, one use spent."""
        return self._spend(fault for fault in self.armed if fault.meets(seen))

    def take_named(self, name: str, seen: dict[str, Any]) -> Fault | None:
        """The first armed fault of this name the request meets, one use spent."""
        return self._spend(f for f in self.armed if f.name == name and f.meets(seen))

    def take_at(self, path: str, number: int) -> Fault | None:
        """The fault armed for this very path; other requests than calls of a model meet no more."""
        seen = {"model": "", "path": path, "prompt": "", "n": number}
        return self._spend(f for f in self.armed if "path" in f.match and f.meets(seen))

    def _spend(self, met: Iterator[Fault]) -> Fault | None:
        fault = next(met, None)
        if fault is not None and fault.left is not None:
            fault.left -= 1
        return fault

    def clear(self) -> None:
        """Disarm everything."""
        self.armed.clear()

    def described(self) -> dict[str, Any]:
        """Every named fault, with its arguments and their defaults."""
        return {
            "faults": [
                {
                    "name": name,
                    "description": entry.about,
                    "args": {arg: {"type": k, "default": d} for arg, (k, d) in entry.args.items()},
                }
                for name, entry in self.named.items()
            ]
        }

    def _read(self, item: Any) -> Fault:
        if not isinstance(item, dict):
            raise FaultError("a fault is an object with the keys match, fault, args, times")
        if unknown := sorted(set(item) - _KEYS):
            raise FaultError(f"unknown key {unknown[0]!r}; a fault has match, fault, args, times")
        name = item.get("fault")
        if not isinstance(name, str) or name not in self.named:
            raise FaultError(
                f"unknown fault {name!r}; GET /_emulator/faults lists the {len(self.named)}"
            )
        times = item.get("times", 1)
        if times is not None and (not _is_int(times) or times < 0):
            raise FaultError("times is a whole number, or null for always")
        args = _args(name, self.named[name], item.get("args") or {})
        return Fault(name, args, _match(item.get("match") or {}), times or None)


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


def _args(name: str, entry: Entry, given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise FaultError("args is an object")
    for key, value in given.items():
        if key not in entry.args:
            takes = ", ".join(entry.args) or "none"
            raise FaultError(f"unknown argument {key!r} of {name}; it takes {takes}")
        kind = entry.args[key][0]
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        fits = {
            "string": isinstance(value, str),
            "number": number,
            "integer": _is_int(value) and value >= 0,
            "boolean": isinstance(value, bool),
            "object": isinstance(value, dict),
            "money": isinstance(value, str) and _MONEY.fullmatch(value) is not None,
        }
        if not fits[kind]:
            said = _KINDS.get(kind, kind)
            raise FaultError(f"argument {key!r} of {name} is a {said}")
    return {key: given.get(key, default) for key, (_, default) in entry.args.items()}


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
