"""A task in place of an answer: the picture is to be asked for later, at another address.

APIMart answers `data: [{task_id}]` and Kie `data: {taskId}`. It is not spoken here; what was begun
may be drawn and charged all the same. Shapes: https://docs.kie.ai/market/common/get-task-detail,
https://docs.apimart.ai/en/api-reference/tasks/status, checked 2026-11-25.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cavendish.catalog.error_rows import error_rows
from cavendish.core.errors import ProtocolError
from cavendish.core.number import is_whole

__all__ = ["task_in", "unspoken"]

_NAMES: Final = ("task_id", "taskId")
_ID_CHARS: Final = 100


def task_in(document: object) -> str | None:
    """The id of the task that this document announces, or None where it announces none."""
    if not isinstance(document, Mapping):
        return None
    data = document.get("data")
    for holder in (document, *(data if isinstance(data, list) else [data])):
        for name in _NAMES:
            said = holder.get(name) if isinstance(holder, Mapping) else None
            if is_whole(said) or (isinstance(said, str) and said):
                return str(said)[:_ID_CHARS]
    return None


def unspoken(task: str) -> ProtocolError:
    """The error that an answer with a task is; `task` is safe to show."""
    row = error_rows()["task-announced"]
    return ProtocolError(
        f"{row.title}: task {task}",
        billed=None,
        next_step=row.next_step,
        docs_url=row.docs_url,
        details={"row": row.name, "task": task},
    )
