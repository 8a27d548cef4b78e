"""What an infographic prompt says: its title, its metrics, its style and its colours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from unicodedata import category

MOST_METRICS = 24
_TITLED = re.compile(r'^.{0,60}\binfographic titled "(.+)"\.?[ \t]*$', re.MULTILINE)
_QUOTED = re.compile(r'"([^"\n]{1,200})"|“([^”\n]{1,200})”')
_LINE = re.compile(
    r"^\s*(?P<bullet>[-*•]\s+|\d{1,2}[.)]\s+)?(?P<label>[^:\n]+?)\s*:\s+(?P<value>\S.*?)\s*$"
)
_BLOCK = re.compile(r"\bmetrics\b.*:\s*$", re.IGNORECASE)
_DIRECTIVES = frozenset(
    (
        *("style", "color", "colors", "colour", "colours", "palette", "background"),
        *("layout", "format", "aspect ratio", "size", "title", "typography"),
        *("rules", "requirements", "note"),
    )
)
_LONGEST, _LONGEST_IN_BLOCK = 60, 120


@dataclass(frozen=True)
class Metric:
    """One label and its value, spelled as given."""

    label: str
    value: str


@dataclass(frozen=True)
class Sheet:
    """Everything an infographic shows, and how it is wished to look."""

    title: str
    metrics: tuple[Metric, ...]
    style: str
    colours: str
    left_out: int


def read_sheet(prompt: str) -> Sheet | None:
    """The infographic a prompt describes, or None when it describes something else."""
    prompt = "".join(c if c == "\n" or category(c) != "Cc" else " " for c in prompt)
    title = _title(prompt)
    if title is None:
        return None
    metrics, directives = _lines(prompt)
    if not metrics and not re.search(r"\binfographic", prompt, re.IGNORECASE):
        return None
    colours = " ".join(
        directives.get(name, "") for name in ("colors", "colours", "color", "colour", "palette")
    )
    style = " ".join(directives.get(name, "") for name in ("style", "background"))
    return Sheet(
        title=title,
        metrics=tuple(metrics[:MOST_METRICS]),
        style=style.strip().lower(),
        colours=(colours.strip() or style).lower(),
        left_out=max(0, len(metrics) - MOST_METRICS),
    )


def _title(prompt: str) -> str | None:
    if found := _TITLED.search(prompt):
        return found[1].strip() or None
    if found := _QUOTED.search(prompt):
        return (found[1] or found[2]).strip() or None
    return None


def _lines(prompt: str) -> tuple[list[Metric], dict[str, str]]:
    metrics: list[Metric] = []
    directives: dict[str, str] = {}
    in_block = False
    for line in prompt.splitlines():
        if _BLOCK.search(line):
            in_block = True
            continue
        found = _LINE.match(line)
        if found is None:
            in_block = in_block and not line.strip() and not metrics
            continue
        label, value = found["label"], found["value"]
        listed = in_block and bool(found["bullet"])
        if not listed:
            in_block = False
        if label.lower() in _DIRECTIVES and not listed:
            directives.setdefault(label.lower(), value)
            continue
        longest = _LONGEST_IN_BLOCK if listed else _LONGEST
        if len(label) <= longest and len(value) <= longest:
            metrics.append(Metric(label, value))
    return metrics, directives


def share_of(value: str) -> tuple[float, int] | None:
    """How full a bar is, if the value itself says so: "4.8/5" -> (0.96, 5), "72%" -> (0.72, 1).

    The second number is how many segments the bar has.
    """
    if found := re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*/\s*(\d{1,3})", value.strip()):
        part, whole = float(found[1].replace(",", ".")), int(found[2])
        if whole > 0 and part <= whole:
            return part / whole, whole if whole <= 10 else 1
    if found := re.fullmatch(r"(\d{1,3}(?:[.,]\d+)?)\s*%", value.strip()):
        percent = float(found[1].replace(",", "."))
        if percent <= 100:
            return percent / 100, 1
    return None
