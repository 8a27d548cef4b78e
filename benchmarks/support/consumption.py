"""What this process and its children have used: CPU to the nanosecond, memory by its high mark."""

from __future__ import annotations

import time
from pathlib import Path

SELF = "self"


class CpuWatch:
    """User and system time of this process and of the children that live, all threads.

    Looking at the children is outside of what is measured.
    """

    def __init__(self) -> None:
        self._children_s = children_s()
        self._own_s = time.process_time()

    def used_ms(self) -> float:
        """What was used since this watch was made, in milliseconds."""
        own_s = time.process_time() - self._own_s
        return (own_s + children_s() - self._children_s) * 1e3


def children() -> list[int]:
    """The process ids of this process's children."""
    said = (task.read_text() for task in Path("/proc/self/task").glob("*/children"))
    return [int(process) for line in said for process in line.split()]


def children_s() -> float:
    """CPU of the children that live."""
    return sum(map(_scheduled_s, children()))


def resident_mb() -> float:
    """MiB of this process in memory."""
    return _status_mb("VmRSS", SELF)


def peak_mb(process: int | str = SELF) -> float:
    """The most MiB that were in memory since the process began, or its mark was taken down."""
    return _status_mb("VmHWM", process)


def restart_peak() -> None:
    """Takes the high mark of this process down to what is in memory now."""
    Path("/proc/self/clear_refs").write_text("5")


def _scheduled_s(process: int) -> float:
    """The kernel's own account; the usual one counts in hundredths of a second."""
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def _status_mb(name: str, process: int | str) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(name)
