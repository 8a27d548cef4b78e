"""Keys where others can read them: in a command line, or in a file that git tracks.

Everything is bounded in size and time, nothing is changed, and a find is named by place and kind.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from cavendish.insight.doctor import Check, keys_in

PROCESSES = 5_000
COMMAND_BYTES = 65_536
FILES = 20_000
FILE_BYTES = 1_000_000
ALL_BYTES = 200_000_000
SECONDS = 5.0
SHOWN = 20
ROTATE = "it may have been read: delete that key, create another, and set it as a variable"


def in_commands(known: Sequence[str], processes: Path = Path("/proc")) -> Iterator[Check]:
    """Running programs of this user whose command line holds a key: everybody can read it."""
    keys = [os.fsencode(key) for key in known]
    found = []
    try:
        ids = [entry.name for entry in os.scandir(processes) if entry.name.isdigit()]
    except OSError:
        return
    for number in ids[:PROCESSES]:
        try:
            if (processes / number).stat().st_uid != os.getuid():
                continue
            with (processes / number / "cmdline").open("rb") as file:
                line = file.read(COMMAND_BYTES)
        except OSError:  # it ended meanwhile, or is not ours to see
            continue
        found += [(number, kind) for _, kind in islice(keys_in(line, keys), 1)]
    for number, kind in found[:SHOWN]:
        yield Check("leaks", "command line", "problem", f"process {number} shows {kind}", ROTATE)
    if not found:
        yield Check("leaks", "command line", "ok", "no running program shows a key")


def in_files(
    folder: Path, known: Sequence[str], monotonic_s: Callable[[], float]
) -> Iterator[Check]:
    """Files around the working folder that git tracks and that hold a key."""
    keys = [os.fsencode(key) for key in known]
    ends_s = monotonic_s() + SECONDS
    listed = _tracked(folder)
    if isinstance(listed, str):
        yield Check("leaks", "tracked files", "ok", listed)
        return
    root, names = listed
    found: list[tuple[str, str]] = []
    read_bytes, seen = 0, 0
    for name in names[:FILES]:
        if monotonic_s() > ends_s or read_bytes > ALL_BYTES or len(found) > SHOWN:
            break
        content = _content(root / name)
        read_bytes, seen = read_bytes + len(content), seen + 1
        found += _places(name, content, keys)
    for place, kind in found[:SHOWN]:
        yield Check("leaks", "tracked file", "problem", f"{place} holds {kind}", ROTATE)
    part = seen < len(names)
    if part:
        yield Check(
            "leaks", "tracked files", "note", f"{seen:,} of {len(names):,} were looked at",
            "look at the rest with a secret scanner",
        )  # fmt: skip
    if not found and not part:
        yield Check("leaks", "tracked files", "ok", f"no key in {seen:,} tracked files")


def _tracked(folder: Path) -> tuple[Path, list[str]] | str:
    """The repository's root and its tracked files, or why there are none."""
    try:
        root = _git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n")
        names = _git(Path(os.fsdecode(root)), "ls-files", "-z")
    except FileNotFoundError:
        return "git is not installed"
    except (subprocess.SubprocessError, OSError):
        return "this folder is in no git repository"
    return Path(os.fsdecode(root)), [os.fsdecode(name) for name in names.split(b"\0") if name]


def _git(folder: Path, *words: str) -> bytes:
    """A question to git. A repository's own settings must not start programs: no fsmonitor."""
    line = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", *words]
    done = subprocess.run(  # noqa: S603 - a fixed program and fixed words; no shell
        line, capture_output=True, timeout=SECONDS, check=True, stdin=subprocess.DEVNULL,
        env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
    )  # fmt: skip
    return done.stdout


def _content(path: Path) -> bytes:
    """A tracked file, if it is a plain one and not too large."""
    try:
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        fd = os.open(path, flags)
    except OSError:
        return b""
    with open(fd, "rb") as file:  # noqa: PTH123 - a descriptor that follows no link
        try:
            return file.read(FILE_BYTES)
        except OSError:  # a folder: a submodule
            return b""


def _places(name: str, content: bytes, keys: Sequence[bytes]) -> list[tuple[str, str]]:
    """One find a line, as file:line and kind."""
    found: dict[int, str] = {}
    for at, kind in islice(keys_in(content, keys), SHOWN):
        found.setdefault(content.count(b"\n", 0, at) + 1, kind)
    return [(f"{name}:{line}", kind) for line, kind in sorted(found.items())]
