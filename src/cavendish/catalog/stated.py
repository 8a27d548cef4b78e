"""What is stated of a channel: features and compliance, each with who says it and since when.

Nothing is guessed: what no page states is left out of the files, and shown as not stated.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from cavendish.core.model import Fact

FEATURES: Final = {
    "batch": "batch jobs",
    "files": "files API",
    "signatures": "thought signatures",
    "rates": "rate limits",
}
"""The features that may be stated, with the words that tables use for them."""

COMPLIANCE: Final = {
    "no_training": "no training on it",
    "zero_retention": "zero retention",
    "data_residency": "data residency",
    "vpc_sc": "VPC-SC",
    "cmek": "CMEK",
    "access_transparency": "access transparency",
    "audit_logs": "audit logs",
    "iam": "IAM roles",
    "sla": "SLA",
    "hipaa": "HIPAA",
    "operator": "operator",
}
"""What may be stated of compliance, with the words that tables use for it."""

_FIELDS: Final = {"says", "note", "source"}


def stated(table: Mapping[str, Any], known: Mapping[str, str]) -> dict[str, Fact]:
    """The facts of one table of a channel's file, in the order of `known`.

    Raises: TypeError for a name or field nobody knows, and for a fact without source and date.
    """
    if strange := sorted(set(table) - set(known)):
        raise TypeError(f"nobody knows {', '.join(strange)}; known: {', '.join(known)}")
    return {name: _fact(name, table[name]) for name in known if name in table}


def _fact(name: str, said: Mapping[str, Any]) -> Fact:
    if strange := sorted(set(said) - _FIELDS):
        raise TypeError(f"{name}: nobody knows {', '.join(strange)}")
    says, note, source = said["says"], said.get("note"), said["source"]
    if not isinstance(says, bool | str) or not isinstance(note, str | None):
        raise TypeError(f"{name}: says is true, false or words, and note is words")
    if not source["url"].startswith("https://") or not isinstance(source["checked"], date):
        raise TypeError(f"{name}: needs a source with an https address and a date")
    return Fact(says, note, source["url"], source["checked"])
