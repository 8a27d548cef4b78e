"""What a step of the recipe found: facts held against what came, and where to change them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from cavendish.core.money import ZERO, Money

CONFIRMED, DIFFERS, NOT_RUN = "confirmed", "differs", "not run"
MARKS = {CONFIRMED: "✓", DIFFERS: "≠", NOT_RUN: "–"}


@dataclass(frozen=True)
class Check:
    """One fact: what the catalogue says, what came, and what to change where they differ."""

    what: str
    said: str
    came: str
    holds: bool
    mend: str = ""


@dataclass
class Finding:
    """One step. `bound` is the most it could have cost, `paid` what the ledger says it did."""

    title: str
    checks: list[Check] = field(default_factory=list)
    bound: Money = ZERO
    paid: Money = ZERO
    took_s: float = 0.0
    why_not: str = ""

    @property
    def verdict(self) -> str:
        """Confirmed, differs, or not run."""
        if self.why_not:
            return NOT_RUN
        return CONFIRMED if all(check.holds for check in self.checks) else DIFFERS

    def same(self, what: str, said: object, came: object, mend: str) -> None:
        """Notes a fact that should be just so."""
        self.checks.append(Check(what, str(said), str(came), said == came, mend))

    def between(self, what: str, low: int, came: int, high: int, mend: str) -> None:
        """Notes a number that should be in a range."""
        said = f"{low:,} to {high:,}" if low != high else f"{low:,}"
        self.checks.append(Check(what, said, f"{came:,}", low <= came <= high, mend))


@dataclass
class Book:
    """All findings of a run, and what the run was."""

    about: dict[str, str]
    ceiling: Money
    findings: list[Finding] = field(default_factory=list)
    spent: Money = ZERO
    held: Money = ZERO

    @property
    def differs(self) -> bool:
        """Whether any fact was contradicted."""
        return any(finding.verdict == DIFFERS for finding in self.findings)

    @property
    def complete(self) -> bool:
        """Whether every step was run."""
        return all(finding.verdict != NOT_RUN for finding in self.findings)

    @property
    def summary(self) -> str:
        """The whole run in one line."""
        said = [finding.verdict for finding in self.findings]
        counts = (
            f"{said.count(one)} {one}" for one in (CONFIRMED, DIFFERS, NOT_RUN) if one in said
        )
        held = f", {self.held} held for what nobody knows the end of" if self.held else ""
        return f"{', '.join(counts)}; {self.spent} of {self.ceiling} spent{held}"

    def markdown(self) -> str:
        """The report as a page."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield "# Cavendish against the real service"
        yield ""
        yield f"{self.summary[0].upper()}{self.summary[1:]}."
        yield ""
        yield from (f"- {name}: {value}" for name, value in self.about.items())
        yield ""
        yield from _table(
            ("step", "verdict", "paid", "at most", "seconds"),
            [
                (one.title, one.verdict, one.paid.usd, one.bound.usd, f"{one.took_s:.1f}")
                for one in self.findings
            ],
        )
        changes = [c for one in self.findings for c in one.checks if not c.holds]
        if changes:
            yield "## What to change"
            yield ""
            yield from (f"- {c.what}: came {c.came}, not {c.said}. {c.mend}" for c in changes)
            yield ""
        for one in self.findings:
            yield f"## {one.title}"
            yield ""
            if one.why_not:
                yield f"Not run: {one.why_not}."
                yield ""
                continue
            yield from _table(
                ("fact", "catalogue", "came", ""),
                [(c.what, c.said, c.came, "" if c.holds else "differs") for c in one.checks],
            )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        cells = (cell.replace("|", "\\|").replace("\n", " ") for cell in row)
        yield f"| {' | '.join(cells)} |"
    yield ""
