"""Who decodes the pictures that come: nobody, or a pool of child processes that may die of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cavendish.core.examination import Examination


class HeaderOnly:
    """Nobody: the header is to be enough."""

    def examine(self, path: Path, references: Sequence[bytes] = ()) -> Examination | None:
        """None, whatever the picture."""
        del path, references
        return None

    def close(self) -> None:
        """Nothing was started."""
