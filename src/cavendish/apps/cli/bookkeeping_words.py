"""What people read about the ledger: whether it is as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from cavendish.apps.cli.words import facts, line, out, plain

if TYPE_CHECKING:
    from cavendish.insight.verification import Verification


def verification(found: Verification) -> None:
    """The verdict, what was added up, and each fault."""
    if found.sound:
        rows = f"{found.rows:,} row{'s' * (found.rows != 1)}"
        line(Text.assemble(("✓ ", "bold green"), ("the ledger is as it was written", "bold")))
        facts([("chain", f"{rows}, unbroken"), ("last hash", found.head)])
    else:
        line(Text.assemble(("✗ ", "bold red"), ("the ledger is not as it was written", "bold")))
    for one in found.sums:
        sign = "=" if one.ledger == one.attempts else "≠"
        said = f"ledger ${one.ledger.usd} {sign} settled attempts ${one.attempts.usd}"
        facts([(one.realm, said)])
    if found.sound:
        count = f"{found.balances:,} account{'s' * (found.balances != 1)}"
        facts([("balances", f"{count} replayed: each says what its attempts say")])
        return
    for fault in found.faults:
        line(Text.assemble("  ", ("✗", "red"), " ", (f"{fault.kind:<10}", "dim"),
                           plain(fault.message)))  # fmt: skip
    out.print(
        "Keep a copy of the journal as it is now. A row is never mended in place: restore the "
        "journal from a backup, or keep it and let a person explain each fault.",
        style="dim",
    )
