"""doctor: what is well, what is missing, and the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from cavendish.apps.cli.flags import SAY, SayFlags

if TYPE_CHECKING:
    from cavendish.insight.doctor import Check, Diagnosis, WayIn

MARKS = {"ok": ("✓", "bold green"), "note": ("•", "bold yellow"), "problem": ("✗", "bold red")}
GROUPS = {
    "now": "Now",
    "credentials": "Credentials",
    "settings": "Settings",
    "home": "Home and journal",
    "machine": "Machine",
    "leaks": "Keys that others can read",
}
WIDTH = 15


def doctor(*, say: SayFlags = SAY) -> int:
    """Look at keys, settings, home and machine, and say what to do next.

    Nothing is sent and nothing is spent; no key is shown. Exit code 1 when there is a problem.
    """
    from cavendish.apps.cli import door
    from cavendish.client.doctor import examine

    found = examine()
    if say.json:
        door.document(found.to_json())
    else:
        _show(found, quiet=say.quiet)
    return 0 if found.well else 1


def _show(found: Diagnosis, *, quiet: bool) -> None:
    for group, title in GROUPS.items():
        checks = [check for check in found.checks if check.group == group]
        if quiet:
            checks = [check for check in checks if check.state == "problem"]
        if checks:
            _say(Text(title, style="bold"))
            for check in checks:
                _check(check)
    if not quiet:
        _say(Text("Ways to pictures", style="bold"))
        for way in found.ways:
            _way(way)
    count = len(found.problems)
    if count:
        said = f"{count} problem{'s' * (count != 1)}: mend each ✗ as its arrow says"
        _say(Text.assemble(("✗ ", "bold red"), (said, "bold")))
    elif not quiet:
        said = "all well; nothing was sent and nothing was spent"
        _say(Text.assemble(("✓ ", "bold green"), (said, "bold")))


def _check(check: Check) -> None:
    mark, style = MARKS[check.state]
    name = f"{check.name:<{WIDTH}}"
    if len(check.name) > WIDTH:  # the name of a variable reads as part of the sentence
        _say(Text.assemble("  ", (mark, style), " ", (check.name, "dim"), " ", check.said))
    else:
        _say(Text.assemble("  ", (mark, style), " ", (name, "dim"), " ", check.said))
    if check.next_step:
        _say(Text.assemble("    → ", check.next_step))


def _way(found: WayIn) -> None:
    way = found.way
    mark, style = MARKS["ok"] if found.ready else ("·", "dim")
    head = Text.assemble("  ", (mark, style), " ", (way.title, "bold"), f": {way.purpose}")
    _say(head)
    if found.ready:
        _say(Text("    ready", style="green"))
        return
    if found.lacks:
        _say(Text(f"    lacks {', '.join(found.lacks)}"))
    for number, step in enumerate(way.steps, start=1):
        _say(Text.assemble(f"    {number}. {step.say}", f": {step.open}" if step.open else ""))
        if step.run:
            _say(Text.assemble(("       $ ", "dim"), (step.run, "cyan")))
    _say(Text(f"    source {way.source}, checked {way.checked}", style="dim"))


def _say(line: Text) -> None:
    from cavendish.apps.cli import words

    words.line(line)
