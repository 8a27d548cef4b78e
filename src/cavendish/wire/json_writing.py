"""Pieces of JSON. Base64 is joined in and never passes through a JSON writer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

import pybase64

from cavendish.core.errors import InvalidRequest
from cavendish.core.request import Reference

__all__ = ["as_json", "data_urls", "with_fields"]


def as_json(value: object) -> bytes:
    """The value as ASCII. Raises: InvalidRequest for a number that JSON cannot say."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")
    except ValueError:
        raise InvalidRequest("temperature", "not a finite number") from None


def with_fields(said: Mapping[str, object]) -> Iterator[bytes]:
    """Fields that follow others in an object."""
    for name, value in said.items():
        yield from (b",", as_json(name), b":", as_json(value))


def data_urls(references: Iterable[Reference]) -> Iterator[tuple[bytes, ...]]:
    """Each picture as a data URL, in quotes, in pieces."""
    for reference in references:
        mime = as_json(reference.mime)[1:-1]
        yield (b'"data:', mime, b";base64,", pybase64.b64encode(reference.data), b'"')
