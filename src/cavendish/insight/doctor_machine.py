"""The machine: versions, the home and its journal, the clock."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from cavendish.catalog.loader import models
from cavendish.core.errors import CavendishError, StorageError
from cavendish.core.money import Money
from cavendish.core.ports import Clock
from cavendish.insight.budgets import Standing, standings
from cavendish.insight.doctor import Check
from cavendish.send.intents import ROOM_BYTES
from cavendish.store.address import PostgresAddress
from cavendish.store.commands import SECOND_NS
from cavendish.store.database import QUICK_CHECK_BYTES, Database, wal_is_safe
from cavendish.store.migration import CURRENT
from cavendish.store.postgres import Postgres, server_ns
from cavendish.store.schema import version

OLDEST_PYTHON = (3, 11)
BUSY_TIMEOUT_MS = 2_000
MOST_APART_S = 30
REQUIREMENT = re.compile(
    r"([\w.-]+)\s*(?:>=\s*([\d.]+))?[^;]*(?:;.*\bextra\s*==\s*['\"]([\w-]+)['\"])?"
)
PASSING = {"tmpfs", "ramfs"}
REMOTE = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "fuse.gcsfuse", "fuse.s3fs"}
EXTRAS_OF_USERS_NOT = {"dev"}


def libraries(distribution: str = "cavendish") -> Iterator[Check]:
    """Python, the libraries that are required, and the extras that are there or not."""
    python = platform.python_version_tuple()
    old = (int(python[0]), int(python[1])) < OLDEST_PYTHON
    yield Check(
        "machine", "python", "problem" if old else "ok",
        f"Python {platform.python_version()}", "install Python 3.11 or newer" if old else "",
    )  # fmt: skip
    try:
        required = metadata.requires(distribution) or []
    except metadata.PackageNotFoundError:
        yield Check(
            "machine", "libraries", "note", "Cavendish runs from a source tree; not checked",
            "pip install .",
        )  # fmt: skip
        return
    lacking, good = [], 0
    extras: dict[str, list[str]] = {}
    for line in required:
        found = REQUIREMENT.match(line)
        assert found is not None, line
        name, least, extra = found.groups()
        lack = _lack(name, least)
        if extra is None:
            lacking += [lack] if lack else []
            good += not lack
        elif extra not in EXTRAS_OF_USERS_NOT:
            extras.setdefault(extra, []).extend([lack] if lack else [])
    if lacking:
        for lack in lacking:
            name = lack.split()[0]
            yield Check("machine", "libraries", "problem", lack, f"pip install -U {name}")
    else:
        pillow = metadata.version("pillow")
        yield Check("machine", "libraries", "ok", f"{good} as required; Pillow {pillow}")
    for extra, lacks in sorted(extras.items()):
        step = f"pip install '{distribution}[{extra}]'" if lacks else ""
        said = f"{extra}: {'; '.join(lacks)}" if lacks else f"{extra} is installed"
        yield Check("machine", "extra", "note" if lacks else "ok", said, step)


def _lack(name: str, least: str | None) -> str:
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is not installed"
    if least is not None and _numbers(found) < _numbers(least):
        return f"{name} {found} is too old; {least} is required"
    return ""


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text.split("+", maxsplit=1)[0])[:4])


def sqlite() -> Check:
    """The version gate of the journal's mode."""
    safe = wal_is_safe(sqlite3.sqlite_version_info)
    why = "WAL" if safe else "TRUNCATE, since WAL can corrupt before 3.51.3"
    return Check("machine", "sqlite", "ok", f"SQLite {sqlite3.sqlite_version}: journal mode {why}")


def clock(now_ns: int, journal: Path | None) -> Check:
    """Whether the clock can be right: not before our own facts, nor before the journal."""
    try:
        now = datetime.fromtimestamp(now_ns / 1e9, UTC)
    except (ValueError, OverflowError):
        return Check("machine", "clock", "problem", "shows no date at all", "set the clock")
    checked = max(model.checked for model in models().values())
    if now.date() < checked:
        return Check(
            "machine", "clock", "problem",
            f"shows {now:%Y-%m-%d}, before these facts were written ({checked}): "
            "TLS fails and budgets count wrong days",
            "set the clock, for example with: timedatectl set-ntp true",
        )  # fmt: skip
    try:
        written_s = journal.stat().st_mtime if journal else 0.0
    except OSError:
        written_s = 0.0
    if written_s > now_ns / 1e9 + 3600:
        return Check(
            "machine", "clock", "problem", f"shows {now:%Y-%m-%d %H:%M} UTC; the journal is newer",
            "set the clock, for example with: timedatectl set-ntp true",
        )  # fmt: skip
    return Check("machine", "clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")


def home(folder: Path) -> Iterator[Check]:
    """Whether the home can be written to, has room, and lies where things last."""
    there = folder
    while not os.access(there, os.F_OK) and there != there.parent:
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Check(
            "home", "folder", "problem", f"{folder} cannot be written to",
            "point CAVENDISH_HOME at a folder you can write to",
        )  # fmt: skip
        return
    yield Check(
        "home", "folder", "ok", str(folder) + ("" if there == folder else " (not made yet)")
    )
    free = shutil.disk_usage(there).free
    little = free < ROOM_BYTES
    yield Check(
        "home", "space", "problem" if little else "ok",
        f"{free // 2**20:,} MiB free; nothing is bought below {ROOM_BYTES // 2**20}",
        "free some space, or point CAVENDISH_HOME at another disk" if little else "",
    )  # fmt: skip
    kind = file_system(there, Path("/proc/self/mountinfo"))
    if kind in PASSING:
        yield Check(
            "home", "disk", "note", f"{kind}: pictures and the journal are gone after a restart",
            "point CAVENDISH_HOME at a disk that lasts",
        )  # fmt: skip
    elif kind in REMOTE:
        yield Check(
            "home", "disk", "note", f"{kind}: file locks over a network can fail the journal",
            "keep the journal on this machine: set CAVENDISH_JOURNAL to a local file",
        )  # fmt: skip
    elif kind == "overlay":
        yield Check(
            "home", "disk", "note", "in a container: pictures and the journal end with it",
            "mount a volume and point CAVENDISH_HOME at it",
        )  # fmt: skip
    else:
        yield Check("home", "disk", "ok", kind or "of a kind that is not told")


def file_system(folder: Path, table: Path) -> str | None:
    """The kind of file system a folder lies on, by Linux's mount table."""
    try:
        lines = table.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return None
    best, kind = -1, None
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after:
            continue
        mount = re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), fields[4])
        if folder.resolve().is_relative_to(mount) and len(mount) >= best:
            best, kind = len(mount), after.split()[0]
    return kind


def journal(path: Path, now_ns: int) -> Iterator[Check]:
    """Whether the journal opens and is sound, and what today's budget still allows."""
    if not os.access(path, os.F_OK):
        yield Check(
            "home", "journal", "ok", "none yet: the first picture makes it, with $10 a day at most"
        )
        return
    try:
        database = Database(path, busy_timeout_ms=BUSY_TIMEOUT_MS)
        try:
            sound = database.is_sound()
            found = database.read(_version) if sound else ""
            limits = database.read(lambda c: standings(c, now_ns)) if found == CURRENT else []
        finally:
            database.close()
    except (StorageError, CavendishError) as error:
        yield Check("home", "journal", "problem", error.message, error.next_step)
        return
    if not sound:
        yield Check(
            "home", "journal", "problem", f"{path} is damaged; nothing is bought with it",
            "restore it from a backup, or move it away to start a new one",
        )  # fmt: skip
        return
    if found > CURRENT:
        yield Check(
            "home", "journal", "problem",
            f"{path} has schema {found}; this version knows {CURRENT}", "upgrade Cavendish",
        )  # fmt: skip
        return
    large = path.stat().st_size > QUICK_CHECK_BYTES
    yield Check("home", "journal", "ok", "opens" + ("; too large to check" if large else "; sound"))
    yield from _today(limits)


def database(address: PostgresAddress, now_ns: int, clock: Clock) -> Iterator[Check]:
    """Whether a journal on Postgres can be reached, and what today's budget still allows."""
    try:
        reached = Postgres(address, "0" * 32, clock)
        try:
            found = reached.read(_version_or_none)
            limits = reached.read(lambda c: standings(c, server_ns(c))) if found == CURRENT else []
            there_ns = reached.read(server_ns)
        finally:
            reached.close()
    except CavendishError as error:
        yield Check("home", "journal", "problem", error.message, error.next_step)
        return
    if found is not None and found > CURRENT:
        yield Check(
            "home", "journal", "problem",
            f"{address} has schema {found}; this version knows {CURRENT}", "upgrade Cavendish",
        )  # fmt: skip
        return
    new = "; the first picture makes the journal, with $10 a day at most"
    yield Check("home", "journal", "ok", f"{address} is reached{'' if found else new}")
    apart_s = abs(there_ns - now_ns) // SECOND_NS
    if apart_s > MOST_APART_S:
        yield Check(
            "home", "journal", "note", f"its clock, which counts, is {apart_s} s from this one",
            "set both clocks, for example with: timedatectl set-ntp true",
        )  # fmt: skip
    yield from _today(limits)


def _today(limits: Iterable[Standing]) -> Iterator[Check]:
    for one in limits:
        if one.scope == "day":
            left = Money(max(0, one.limit - one.used - one.held))
            spent, most, held = Money(one.used), Money(one.limit), Money(one.held)
            yield Check(
                "home", "budget", "ok" if left.nanos else "problem",
                f"{left} of {most} left today ({one.zone}); {spent} spent, {held} held",
                "" if left.nanos else "cavendish budget set day USD, or wait for tomorrow",
            )  # fmt: skip


def _version(connection: Connection) -> str:
    return str(connection.execute(sa.select(version.c.version_num)).scalar())


def _version_or_none(connection: Connection) -> str | None:
    return _version(connection) if sa.inspect(connection).has_table(version.name) else None
