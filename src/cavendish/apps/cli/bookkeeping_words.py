"""What people read about the ledger: whether it is as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from cavendish.apps.cli.words import facts, line, out, plain, table
from cavendish.insight.alerts.alert import moment

if TYPE_CHECKING:
    from cavendish.insight.audit import Audit
    from cavendish.insight.reconciliation import Reconciliation
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
        changes = f"{found.audit_rows:,} change{'s' * (found.audit_rows != 1)}"
        facts([("audit log", f"{changes}, as they were written (cavendish cost audit)")])
        return
    for fault in found.faults:
        line(Text.assemble("  ", ("✗", "red"), " ", (f"{fault.kind:<10}", "dim"),
                           plain(fault.message)))  # fmt: skip
    out.print(
        "Keep a copy of the journal as it is now. A row is never mended in place: restore the "
        "journal from a backup, or keep it and let a person explain each fault.",
        style="dim",
    )


def audit(found: Audit) -> None:
    """Each change, the latest last."""
    if not found.entries:
        out.print("nobody changed anything")
        return
    shown = table("at", "who", "what", "", "change")
    for one in found.entries:
        words = (one.who, one.action, one.subject, one.said)
        shown.add_row(moment(one.at_ns), *map(plain, words))
    out.print(shown)


def reconciliation(found: Reconciliation, *, each: bool) -> None:
    """Bill and ledger side by side, what to do about each difference, and `each` correction."""
    if not found.compared:
        out.print("the bill has no line of a service that draws pictures")
        return
    unsure = any(one.booked.presumed or one.booked.held for one in found.compared)
    shown = table("day", "", "bill", "ledger", *(("unsure",) if unsure else ()), "model or SKU")
    for one in found.compared:
        day = "whole bill" if one.start != one.end else one.start.isoformat()
        amounts = [one.billed, one.booked.certain]
        if unsure:
            amounts.append(one.booked.presumed + one.booked.held)
        shown.add_row(day, one.verdict, *map(str, amounts), plain(one.model))
    out.print(shown)
    for one in found.compared:
        if one.advice:
            why = f"; {one.reason}" if one.reason else ""
            said = plain(f"{one.start} {one.model}: {one.advice}{why}")
            settled = found.applied and found.is_settled(one)
            mark = ("✓", "green") if settled else ("✗", "red")
            line(Text.assemble("  ", mark, " ", said))
    if found.corrections:
        _corrections(found, each=each)
    mark = ("✓ ", "bold green") if found.agrees else ("✗ ", "bold red")
    verdict = "bill and ledger agree" if found.agrees else "bill and ledger differ"
    line(Text.assemble(mark, (verdict, "bold"), f"; {found.skipped:,} other lines were skipped"))


def _corrections(found: Reconciliation, *, each: bool) -> None:
    """What is or would be booked, and the sums before and after."""
    count = len(found.corrections)
    what = f"{count:,} correction{'s' * (count != 1)} of presumed spending"
    if each:
        out.print()
        shown = table("day", "attempt", "why", "presumed", "proven")
        for one in found.corrections:
            why = one.why.replace("-", " ")
            shown.add_row(one.day.isoformat(), one.attempt, why, str(one.presumed), str(one.cost))
        out.print(shown)
    sums = f"the ledger of these days: ${found.booked.usd} → ${found.corrected.usd}"
    if found.applied:
        line(Text.assemble(("✓ ", "bold green"), f"booked {what}; {sums}"))
    else:
        said = f"the bill proves {what}; {sums}. --apply books them, and --dry-run shows each."
        line(Text.assemble("  ", said))
