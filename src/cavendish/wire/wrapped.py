"""An error of who stands behind a relay, wrapped in the relay's own.

Relays put it as JSON text into the message, as LiteLLM does, or into `metadata.raw`, as OpenRouter
does, as text or as it is. Shapes: https://openrouter.ai/docs/api/reference/errors-and-debugging,
https://github.com/BerriAI/litellm/issues/20357, checked 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cavendish.core.errors import ProtocolError
from cavendish.wire.remainder import parse_strict

__all__ = ["innermost", "limits_in", "metadata", "only"]

_NESTINGS: Final = 3


def innermost(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """The error that the others were put around; `error` itself where it is the only one."""
    for _ in range(_NESTINGS):
        error = _nested(error) or error
    return error


def metadata(error: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a relay of several services adds to an error."""
    said = error.get("metadata")
    return said if isinstance(said, Mapping) else {}


def limits_in(error: Mapping[str, Any]) -> dict[str, str]:
    """The headers about limits that OpenRouter puts into the body, by lower-case name."""
    said = metadata(error).get("headers")
    if not isinstance(said, Mapping):
        return {}
    return {
        name.lower(): str(value)
        for name, value in said.items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }


def only(document: object) -> object:
    """The only entry of an array, or the document as it is."""
    return document[0] if isinstance(document, list) and len(document) == 1 else document


def _nested(error: Mapping[str, Any]) -> Mapping[str, Any] | None:
    for place in (error.get("message"), metadata(error).get("raw")):
        found = _error_in(place) if isinstance(place, str) else _inside(place)
        if found:
            return found
    return None


def _error_in(text: str) -> Mapping[str, Any] | None:
    """The error that stands as JSON in a text, words around it or not."""
    begins, ends = min((at for b in "{[" if (at := text.find(b)) >= 0), default=-1), 0
    if begins >= 0:
        ends = text.rfind("}" if text[begins] == "{" else "]") + 1
    if ends <= begins:
        return None
    try:
        return _inside(parse_strict(text[begins:ends].encode("utf-8", "replace")))
    except ProtocolError:
        return None


def _inside(document: object) -> Mapping[str, Any] | None:
    document = only(document)
    found = document.get("error") if isinstance(document, Mapping) else None
    return found if isinstance(found, Mapping) and found else None
