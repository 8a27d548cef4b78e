"""The process something was made in; a fork is another one."""

from __future__ import annotations

import os

from cavendish.core.errors import UsageError


class Process:
    """Remembers where it was made."""

    def __init__(self) -> None:
        self._id = os.getpid()

    def check(self) -> None:
        """Raises: UsageError in any other process."""
        if os.getpid() != self._id:
            raise UsageError(
                "this client was made in another process; a fork copies neither its threads nor "
                "its locks",
                next_step="make a new client in each process",
            )
