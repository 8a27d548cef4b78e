"""A secret that never prints, and that opens only for the host it belongs to."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """A credential bound to one host.

    It has no readable form: `str`, `repr` and formatting give a placeholder, pickling and copying
    refuse. Only `reveal` with the bound host gives the value.
    """

    __slots__ = ("_host", "_value")

    def __init__(self, value: str, *, host: str) -> None:
        self._value = value
        self._host = host

    def reveal(self, host: str) -> str:
        """The value, for the bound host only.

        Raises: PermissionError for any other host.
        """
        if host != self._host:
            raise PermissionError(f"this credential belongs to {self._host}, not to {host}")
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is never serialised")

    __getstate__ = __reduce__
