"""The catalogue of errors as a page (docs/errors.md), made from the table alone."""

from __future__ import annotations

from collections.abc import Iterator

from cavendish.catalog.error_rows import error_rows
from cavendish.insight.explanation import Explanation

_GROUPS = {
    "auth": "Keys and permissions",
    "quota": "Limits and money",
    "retryable": "The service and the network",
    "invalid": "The request and its answer",
    "safety": "Safety",
    "fatal": "Everything else",
}
_SHORT = {"no": "no", "unknown": "not known", "counted": "as counted", "yes": "yes"}


def error_page() -> str:
    """The whole page, in Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    rows = [Explanation.of(row) for row in error_rows().values()]
    yield "# What can go wrong"
    yield ""
    yield (
        f"{len(rows)} ways to fail, what each means for your money, and what to do. "
        "`cavendish explain` says the same in the terminal: give it a status (`429`), a code "
        "(`RESOURCE_EXHAUSTED`), a class (`DailyQuotaExhausted`), a reason (`IMAGE_SAFETY`), a "
        "quotaId, a name of this page, or a whole error in quotes (`-` reads it from standard "
        "input)."
    )
    yield ""
    yield (
        "*This page is made from [src/cavendish/catalog/errors.toml]"
        "(../src/cavendish/catalog/errors.toml) by `make docs`.*"
    )
    for category, heading in _GROUPS.items():
        group = [row for row in rows if row.category == category]
        yield from ("", f"## {heading}", "", "| name | what happened | class | money taken |")
        yield "|---|---|---|---|"
        for row in group:
            money = _SHORT[row.billed]
            yield f"| [{row.name}](#{row.name}) | {row.title} | `{row.type}` | {money} |"
    yield from ("", "## One by one")
    for row in sorted(rows, key=lambda row: row.name):
        yield from _entry(row)


def _entry(row: Explanation) -> Iterator[str]:
    yield from ("", f"### {row.name}", "", f"**{row.title}.** {row.cause}", "")
    yield f"- **Money**: {row.money}"
    yield f"- **Trying again**: {row.retry}"
    yield f"- **What to do**: {row.next_step}"
    if row.docs_url:
        yield f"- **Official page**: <{row.docs_url}>"
    yield f"- **Class**: `{row.type}`, category `{row.category}`"
    yield f"- **Known by**: {_plain('; '.join(row.known_by)) or 'raised by Cavendish itself'}"


def _plain(text: str) -> str:
    return text.replace("*", "\\*").replace("_", "\\_")
