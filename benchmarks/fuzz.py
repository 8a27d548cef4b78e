"""A million mutated answers through splitter, decoder and error table.

Promise: whatever comes is an answer or a typed error, within 5 seconds each, and memory does not
grow. The tests play 100,000 of them every day (`tests/recorded/test_fuzz.py`); this plays more.

How: that very test in a process of its own, `FUZZ` bodies of it (1,000,000 unless set). Not part of
`all`: it takes minutes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from support.report import Report
from support.worker import clean_environment

TEST = Path(__file__).parents[1] / "tests" / "recorded" / "test_fuzz.py"
BODIES = int(os.environ.get("FUZZ", "1000000"))


def run(folder: Path) -> Report:
    """Plays them; what pytest says of a failure goes to the terminal."""
    report = Report("fuzz", "Mutated bodies and streams")
    command = (sys.executable, "-m", "pytest", "-x", "-p", "no:cacheprovider", str(TEST))
    environment = clean_environment(folder, FUZZ=str(BODIES))
    began_s = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=TEST.parents[2])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - began_s
    report.rows.append(
        {
            "bodies": BODIES,
            "escaped": "none" if process.returncode == 0 else "see above",
            "target": "none",
            "per s": BODIES / wall_s,
            "CPU us each": (used.ru_utime + used.ru_stime) / BODIES * 1e6,
            "peak MiB": used.ru_maxrss / 1024,
        }
    )
    return report
