"""What people read about backups and about what was removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from cavendish.apps.cli.words import facts, line, out, plain

if TYPE_CHECKING:
    from cavendish.client.backups import Backup
    from cavendish.client.retention import Pruned

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


def pruned(found: Pruned) -> None:
    """What went, what is left and why, and what that means for whoever asks again."""
    removed, freed = ("would go", "would be freed") if found.dry_run else ("removed", "freed")
    mark = ("· ", "dim") if found.dry_run else ("✓ ", "bold green")
    what = f"{count(found.files, 'file')} {removed}, {size(found.freed_bytes)} {freed}"
    line(Text.assemble(mark, (what, "bold")))
    rows = [("answers", f"{found.answers:,}: whoever asks for one again buys it anew")]
    rows = rows if found.answers else []
    if found.orphans:
        rows.append(("leftovers", f"{found.orphans:,} that nothing names"))
    if found.spools:
        rows.append(("spool", f"{count(found.spools, 'folder')} of settled attempts"))
    kept = f"; {size(found.needed_bytes)} of it is needed by chats" if found.needed_bytes else ""
    facts([*rows, ("kept", f"{size(found.left_bytes)}{kept}")])
    if not found.fits:
        assert found.most_bytes is not None
        out.print(
            f"It is more than the {size(found.most_bytes)} you asked for: the rest is needed, or "
            "was named less than a day ago.", style="yellow",
        )  # fmt: skip


def count(number: int, noun: str) -> str:
    """A number of things."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def size(size_bytes: int) -> str:
    """Bytes in the unit that suits them, as disks are sold: 1 MB is a million."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:,.1f} {unit}"
    return f"{size_bytes} B"
