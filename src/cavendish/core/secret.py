"""A secret that never prints, and that opens only for the host it belongs to."""

from __future__ import annotations

import hashlib
from typing import NoReturn

_TELLING_CHARS = 10


class Secret:
    """A credential bound to one host.

    It has no readable form: `str`, `repr` and formatting give a placeholder, pickling and copying
    refuse. Only `reveal` with the bound host gives the value.
    """

    __slots__ = ("_host", "_value")

    def __init__(self, value: str, *, host: str) -> None:
        self._value = value
        self._host = host

    def reveal(self, host: str, scheme: str | None = None) -> str:
        """The value, for the bound host only; after `scheme`, as in "Bearer ...".

        Raises: PermissionError for any other host.
        """
        if host != self._host:
            raise PermissionError(f"this credential belongs to {self._host}, not to {host}")
        return _Revealed(self._value if scheme is None else f"{scheme} {self._value}")

    @property
    def fingerprint(self) -> str:
        """What tells one key from another and nothing else of it: the beginning of a SHA-256."""
        return hashlib.sha256(self._value.encode()).hexdigest()[:12]

    def blot(self, text: str) -> str:
        """`text` without any ten characters in a row of the value: others may repeat it to us.

        A value too short to be a key is no secret, and common words would be taken for it.
        """
        value, run = self._value, _TELLING_CHARS
        if len(value) < 2 * run:
            return text
        told = [False] * len(text)
        for start in range(len(value) - run + 1):
            at = text.find(value[start : start + run])
            while at >= 0:
                told[at : at + run] = [True] * run
                at = text.find(value[start : start + run], at + 1)
        if not any(told):
            return text
        shown = [
            "" if hidden and at and told[at - 1] else "[removed]" if hidden else char
            for at, (char, hidden) in enumerate(zip(text, told, strict=True))
        ]
        return "".join(shown)

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never serialised")

    __getstate__ = __reduce__


class _Revealed(str):
    """The value on its way into a header. Tracebacks that show local variables do not show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"
