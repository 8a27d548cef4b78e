"""YAML as people write data in it: mappings, lists and text. Nothing is guessed, nothing is built.

Every scalar is the text that was written (so `no` is not false and 4.80 not 4.8); empty, ~ and
null are nothing. Aliases, tags and deep nesting are refused while reading, before they can grow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cavendish.workflows.infographic.located import Located, Misread

DEPTH = 8
NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


def read(text: str) -> Located:
    """Reads one document. Raises: Misread with the line."""
    import yaml  # 20 ms that only a YAML file needs

    loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        reading = _Reading(yaml.parse(text, Loader=loader))
        return Located(reading.document(), reading.lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = error.problem or error.context or "it cannot be read"
        raise Misread(said, mark.line + 1 if mark else None) from error
    except yaml.YAMLError as error:  # a character that YAML does not allow
        raise Misread(str(error).splitlines()[0]) from error


class _Reading:
    """One walk over the parser's events, from the first to the last."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self.lines: dict[str, int] = {}

    def document(self) -> Any:
        """The one document; an empty file holds nothing."""
        self._next("StreamStart")
        if self._kind(event := next(self._events)) == "StreamEnd":
            return {}
        found = self._node(next(self._events), "", 0)
        self._next("DocumentEnd")
        if self._kind(event := next(self._events)) != "StreamEnd":
            raise Misread("there is a second document", event.start_mark.line + 1)
        return {} if found is None else found

    def _node(self, event: Any, name: str, depth: int) -> Any:
        line = event.start_mark.line + 1
        self.lines.setdefault(name, line)
        kind = self._kind(event)
        if kind == "Alias":
            raise Misread("an alias (*) is not read; write it out", line)
        if event.tag is not None:
            raise Misread(f"the tag {event.tag} is not read; write plain text", line)
        if depth > DEPTH:
            raise Misread(f"it is nested more than {DEPTH} deep", line)
        if kind == "Scalar":
            nothing = not event.style and event.value in NOTHING  # quoted text is text
            return None if nothing else str(event.value)
        if kind == "SequenceStart":
            return self._sequence(name, depth)
        return self._mapping(name, depth)

    def _sequence(self, name: str, depth: int) -> list[Any]:
        found: list[Any] = []
        while self._kind(event := next(self._events)) != "SequenceEnd":
            found.append(self._node(event, f"{name}[{len(found)}]", depth + 1))
        return found

    def _mapping(self, name: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self._kind(event := next(self._events)) != "MappingEnd":
            line = event.start_mark.line + 1
            if self._kind(event) != "Scalar":
                raise Misread("a name must be plain text", line)
            key = str(event.value)
            if key in found:
                raise Misread(f"{key!r} is given twice", line)
            at = f"{name}.{key}" if name else key
            if name == "metrics":  # a mapping of label to value: errors count the metrics
                at = f"metrics[{len(found)}]"
            self.lines[at] = line
            found[key] = self._node(next(self._events), at, depth + 1)
        return found

    def _next(self, kind: str) -> None:
        event = next(self._events)
        assert self._kind(event) == kind, event

    @staticmethod
    def _kind(event: Any) -> str:
        return type(event).__name__.removesuffix("Event")
