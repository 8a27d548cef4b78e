"""What the doctor found: checks in groups, each with a next step. No key is ever part of one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from cavendish.catalog.setup import Way

State = Literal["ok", "note", "problem"]
SHORTEST_KEY = 8


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: well, worth knowing, or to be mended by `next_step`."""

    group: str
    name: str
    state: State
    said: str
    next_step: str = ""

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class WayIn:
    """A way to pictures and how far it is set up: the variables it still `lacks`."""

    way: Way
    lacks: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether nothing is missing."""
        return not self.lacks

    def to_json(self) -> dict[str, Any]:
        """With every step and its source."""
        way = self.way
        return {
            "name": way.name,
            "title": way.title,
            "for": way.purpose,
            "ready": self.ready,
            "lacks": list(self.lacks),
            "steps": [{"say": s.say, "run": s.run, "open": s.open} for s in way.steps],
            "source": way.source,
            "checked": way.checked,
        }


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Everything the doctor looked at. Nothing was sent and nothing was spent."""

    checks: tuple[Check, ...]
    ways: tuple[WayIn, ...]

    @property
    def problems(self) -> tuple[Check, ...]:
        """What is to be mended."""
        return tuple(check for check in self.checks if check.state == "problem")

    @property
    def well(self) -> bool:
        """Whether there is no problem."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """The document of `cavendish doctor --json`."""
        return {
            "well": self.well,
            "checks": [check.to_json() for check in self.checks],
            "ways": [way.to_json() for way in self.ways],
        }


PATTERNS: Mapping[str, re.Pattern[bytes]] = {
    "a Google API key": re.compile(
        rb"(?<![\w-])(AIza[\w-]{35}|AQ\.[\w-]{20,200})(?![\w-])", re.ASCII
    ),
    "a private key": re.compile(  # with the beginning of its body: the line alone is in many texts
        rb"-----BEGIN (?:[A-Z]{2,12} )?PRIVATE KEY-----[\s\\rn\"'+,]{0,60}(?:Proc-Type|[\w+/]{12})"
    ),
    "an access token": re.compile(rb"(?<![\w-])ya29\.[\w-]{20,2000}", re.ASCII),
    "a third party's key": re.compile(rb"(?<![\w-])sk-(?:or-v1-)?[A-Za-z0-9]{40,100}(?![\w-])"),
}
"""What a credential looks like: to find one that lies about, never to refuse one that is set.
Sources: https://ai.google.dev/gemini-api/docs/api-key,
https://openrouter.ai/docs/guides/overview/auth/api-keys, checked 2026-11-24."""


def keys_in(text: bytes, known: Iterable[bytes]) -> Iterator[tuple[int, str]]:
    """Where in a text a credential stands, and its kind: one that is `known`, or looks like one."""
    for key in known:
        at = text.find(key)
        while at >= 0:
            yield at, "a key of this environment"
            at = text.find(key, at + len(key))
    for kind, looks in PATTERNS.items():
        for found in looks.finditer(text):
            yield found.start(), kind


def known_keys(environment: Mapping[str, str], names: Iterable[str]) -> tuple[str, ...]:
    """The keys in the environment, as they stand and without blanks and quotes around."""
    found = {environment[name] for name in names if name in environment}
    found |= {value.strip(" \t\r\n'\"") for value in found}
    return tuple(key for key in sorted(found, key=len, reverse=True) if len(key) >= SHORTEST_KEY)


def hidden(text: str, known: Iterable[str]) -> str:
    """A text without the keys in it: those that are `known`, and those that look like one."""
    for key in known:
        text = text.replace(key, "…")
    raw = text.encode(errors="surrogateescape")
    for looks in PATTERNS.values():
        raw = looks.sub("…".encode(), raw)
    return raw.decode(errors="surrogateescape")


def scrubbed(check: Check, known: Iterable[str]) -> Check:
    """The check without any key that came into it, such as one in the name of a file."""
    said, step = (hidden(text, known) for text in (check.said, check.next_step))
    return replace(check, said=said, next_step=step)
