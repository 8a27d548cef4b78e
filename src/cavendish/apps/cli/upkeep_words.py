"""What people read about backups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from cavendish.apps.cli.words import facts, line, out, plain

if TYPE_CHECKING:
    from cavendish.client.backups import Backup

NAMED = 10


def backup(found: Backup, *, restored: bool) -> None:
    """What was copied and checked, what is wrong with it, and what is not in it."""
    done = "restored" if restored else "backed up"
    mark, how = (("✓ ", "bold green"), "") if found.sound else (("✗ ", "bold red"), ", not whole")
    line(Text.assemble(mark, (f"{done}{how}: {plain(str(found.folder))}", "bold")))
    ledger = found.ledger
    verdict = (
        "as it was written" if ledger.sound else "NOT as it was written: cavendish cost verify"
    )
    facts(
        [
            ("made", f"{found.made_at}, of {found.journal}"),
            ("ledger", f"{count(ledger.rows, 'row')}, {verdict}"),
            *((one.realm, f"${one.ledger.usd} spent") for one in ledger.sums),
            ("pictures", f"{count(found.files, 'file')}, {size(found.size_bytes)}, each by digest"),
            ("chats", f"{found.chats:,}"),
        ]
    )
    for name, lost in (("missing", found.missing), ("damaged", found.damaged)):
        for sha256 in lost[:NAMED]:
            line(Text.assemble("  ", ("✗", "red"), f" {name}    {sha256}"))
        if len(lost) > NAMED:
            line(Text(f"    and {len(lost) - NAMED:,} more"))
    if found.open:
        out.print(
            f"{count(found.open, 'attempt')} under way: what became of it is not known to the "
            "copy, and its price counts as spent unless its answer is whole.", style="dim",
        )  # fmt: skip
    if restored:
        out.print(
            "What was bought or set after that moment is not known here: it is bought again where "
            "it is asked for again, and budgets count without it. Google's bill shows what is "
            "missing: cavendish cost reconcile BILL.csv",
            style="dim",
        )


def count(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def size(size_bytes: int) -> str:
    """Bytes in the unit that suits them, as disks are sold: 1 MB is a million."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:,.1f} {unit}"
    return f"{size_bytes} B"
