"""Explains whatever somebody met: a status, a code, a class, a reason, a quotaId, or a whole body.

Reading here is lenient, since a person pastes what a person has: words are looked for anywhere.
What is read decides nothing; a call's own answer is judged by `wire/gemini/errors.py` alone.
"""

from __future__ import annotations

import ast
import difflib
import json
import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cavendish.catalog.error_rows import ErrorRow, answer_row, class_row, error_rows
from cavendish.core import errors
from cavendish.core.errors import CavendishError, InvalidRequest
from cavendish.insight.explanation import Explanation
from cavendish.wire.gemini.errors import STATUSES, row_of
from cavendish.wire.gemini.fault import Fault, clean, fault_in

LONGEST = 1_000_000
_STATUS: Final = re.compile(r"(?<![\w.])([345]\d\d)(?![\w.]*\d)")
_QUOTA: Final = re.compile(r"\b\w+Per(?:Day|Minute|TenMinutes)\w*(?:-\w+)?\b")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_-]+")
_EVERYWHERE: Final = frozenset(
    {"this", "that", "with", "have", "from", "error", "what", "when", "your", "does", "google"}
)


@dataclass(frozen=True, slots=True)
class Explained:
    """What was asked about, and what it can mean: the likeliest first."""

    asked: str
    explanations: tuple[Explanation, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON form."""
        return {"asked": self.asked, "explanations": [e.to_json() for e in self.explanations]}


def explain(error: str | CavendishError) -> Explained:
    """Explains an error that was raised, or anything that names one (see the module).

    Raises: InvalidRequest when nothing in it is known, with the nearest names.
    """
    if isinstance(error, CavendishError):
        row = _row_of_raised(error.details.get("row"), error.to_json())
        return Explained(error.message, (Explanation.of(row),))
    text = error.strip()[:LONGEST]
    asked = clean(text)[:200]
    document = _document(text)
    found = None if document is None else _in_document(document, text)
    if found is not None and found.name != "not-the-api":
        return Explained(asked, (found,))
    if rows := _named(text) or _in_text(text):
        unique = dict.fromkeys(row.name for row in rows)
        return Explained(asked, tuple(Explanation.of(error_rows()[name]) for name in unique))
    if found is not None:
        return Explained(asked, (found,))
    near = nearest(text)
    raise InvalidRequest(
        "error",
        f"nothing is known of {asked[:60]!r}" if asked else "is missing",
        accepts=[f"cavendish explain {name}" for name in near] or "cavendish explain --list",
    )


def nearest(text: str) -> list[str]:
    """Up to three names that look like this one, else of rows that speak of the same things."""
    names = {_key(name): name for name in _names()}
    close = 0.8 if " " in text else 0.6
    near = difflib.get_close_matches(_key(text[:100]), names, n=3, cutoff=close)
    if near:
        return [names[key] for key in near]
    asked = _topics(text)
    shared = {
        row.name: len(asked & _topics(f"{row.name} {row.title} {row.cause}"))
        for row in error_rows().values()
    }
    best = sorted(shared, key=lambda name: -shared[name])
    return [name for name in best if shared[name] > 0][:3]


def _topics(text: str) -> set[str]:
    """The words that say what a text is about, without their endings."""
    words = {word.lower().rstrip("s") for word in _WORD.findall(text.replace("-", " "))}
    return {word for word in words if len(word) > 3 and word not in _EVERYWHERE}


def _key(text: str) -> str:
    return re.sub(r"[\s_-]+", "", text).lower()


def _names() -> Iterable[str]:
    """Every single word that can be explained."""
    for row in error_rows().values():
        yield row.name
        yield row.kind.__name__
        for sign in row.signs:
            yield from (w.rstrip("*_") for w in (sign.name, sign.finish, sign.block) if w)
            if isinstance(sign.status, int):
                yield str(sign.status)
    yield from STATUSES


def _named(text: str) -> list[ErrorRow]:
    """The rows of one word, the general one first."""
    key, rows = _key(text), list(error_rows().values())
    if not key:
        return []
    if exact := [row for row in rows if _key(row.name) == key]:
        return exact
    if kind := next((row.kind for row in rows if _key(row.kind.__name__) == key), None):
        return [class_row(kind), *(row for row in rows if row.kind is kind)]
    word = text.upper().replace(" ", "_").replace("-", "_")
    status = int(text) if text.isascii() and text.isdigit() and len(text) == 3 else None
    if status is not None and 300 <= status <= 599:
        signs = {code for code, number in STATUSES.items() if number == status}
        return [row_of(status, Fault()), *_of_status(status, signs)]
    if word in STATUSES:
        fault = Fault(status=word, names=frozenset({word}))
        return [row_of(STATUSES[word], fault), *_of_status(None, {word})]
    if found := [row for row in rows if any(word in {s.finish, s.block} for s in row.signs)]:
        return found
    met = row_of(200, Fault(names=frozenset({word})))
    if met.name != "not-the-api":
        return [met]
    if _QUOTA.fullmatch(text):
        return _of_quotas((text,))
    return [row for row in rows if row.kind.category == text.lower()]


def _of_status(status: int | None, codes: set[str]) -> list[ErrorRow]:
    return [
        row
        for row in error_rows().values()
        if any(s.status == status is not None or s.code in codes for s in row.signs)
    ]


def _of_quotas(ids: tuple[str, ...]) -> list[ErrorRow]:
    rows = [row_of(429, Fault(quota_ids=ids))]
    if any("FreeTier" in name for name in ids):
        rows.insert(0, error_rows()["no-entitlement"])
    return rows


def _in_text(text: str) -> list[ErrorRow]:
    """What a pasted message holds, the surest first: known words, quotaIds, names, a status."""
    low, known = text.lower(), error_rows().values()
    worded = [(s.words, r) for r in known for s in r.signs if s.words]
    if said := [row for words, row in worded if _begins(words, low)]:
        return said
    if ids := tuple(_QUOTA.findall(text)):
        return _of_quotas(ids)
    if said := [r for r in known if any(words.lower() in low for words in r.heard)]:
        return said
    words = [w for w in _WORD.findall(text) if w.isupper() or not (w.islower() or w.istitle())]
    statuses = [word for word in words if word in STATUSES]
    for word in words:
        if word not in statuses and len(word) > 3 and (rows := _named(word)):
            return rows[:1]
    number = _STATUS.search(text)
    http = int(number[1]) if number else STATUSES[statuses[0]] if statuses else None
    if http is None:
        return []
    code = statuses[0] if statuses else ""
    return [row_of(http, Fault(status=code)), *(_of_status(http, {code} if code else set()))]


def _begins(words: str, text: str) -> bool:
    """Whether a message with these first words is in it: an address that holds them is none."""
    return re.search(rf"(?<![\w/]){re.escape(words.lower().rstrip('.'))}", text) is not None


def _document(text: str) -> Any:
    """The JSON (or printed Python) that stands in a text, or None."""
    for opening, closing in (("{", "}"), ("[", "]")):
        begins, ends = text.find(opening), text.rfind(closing)
        if 0 <= begins < ends:
            part = text[begins : ends + 1]
            for read in (json.loads, _printed):
                try:
                    return read(part)
                except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
                    continue
    return None


def _printed(text: str) -> Any:
    """A value as Python prints it, which is how some libraries show a body."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a stranger's backslashes are no concern of the reader
        return ast.literal_eval(text)


def _in_document(document: Any, text: str) -> Explanation | None:
    """What a pasted body is: our own error, the service's, or an answer without a picture."""
    whole = document[0] if isinstance(document, list) and document else document
    if not isinstance(whole, Mapping):
        return None
    ours = whole.get("error")
    if isinstance(ours, Mapping) and _class_named(ours.get("type")) is not None:
        return Explanation.of(_row_of_raised(None, ours))
    fault = fault_in(document) or fault_in({"error": whole} if "message" in whole else None)
    if fault is not None:
        number = _STATUS.search(text)
        status = fault.code or STATUSES.get(fault.status) or (int(number[1]) if number else 200)
        return Explanation.of(row_of(status, fault), fault.facts, fault.help_url)
    return _in_answer(whole)


def _in_answer(answer: Mapping[str, Any]) -> Explanation | None:
    feedback, candidates = answer.get("promptFeedback"), answer.get("candidates")
    if isinstance(feedback, Mapping) and (block := feedback.get("blockReason")):
        row = answer_row(str(block), block=True) or error_rows()["blocked-other"]
        return Explanation.of(row)
    first = candidates[0] if isinstance(candidates, list) and candidates else None
    if isinstance(first, Mapping) and (finish := first.get("finishReason")):
        row = answer_row(str(finish), block=False) or error_rows()["image-other"]
        return Explanation.of(row)
    return None


def _class_named(name: object) -> type[CavendishError] | None:
    """The class of our own errors with this name."""
    kind = getattr(errors, str(name), None)
    return kind if isinstance(kind, type) and issubclass(kind, CavendishError) else None


def _row_of_raised(name: Any, said: Mapping[str, Any]) -> ErrorRow:
    """The row of one of our own errors, by its facts."""
    rows = error_rows()
    if name in rows:
        return rows[name]
    kind = _class_named(said.get("type")) or CavendishError
    reason = said.get("vendor_code")
    if issubclass(kind, errors.NoImage) and isinstance(reason, str):
        found = answer_row(reason, block=False) or answer_row(reason, block=True)
        if found is not None:
            return found
    status = said.get("http_status")
    if isinstance(status, int):
        word = str(reason or "")
        fault = Fault(
            status=word,
            names=frozenset({word}),
            message=str(said.get("message") or ""),
            quota_ids=(str(said.get("scope")),),
        )
        met = row_of(status, fault)
        if met.kind is kind:
            return met
    return class_row(kind)
