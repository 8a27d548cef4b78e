"""A month of purchases, the bill of them as Google Cloud writes it, and errors planted in it."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from zoneinfo import ZoneInfo

from cavendish.catalog.loader import models
from cavendish.catalog.pricing import exact
from cavendish.core.result import Usage

MODELS = ("gemini-3-pro-image", "gemini-3.1-flash-image", "gemini-3.1-flash-lite-image")
WORDS = {model: model.replace("-", " ").title() for model in MODELS}
PACIFIC = ZoneInfo("America/Los_Angeles")
KINDS = ("price", "extra", "stranger", "unbilled", "day", "twice", "adjustment", "dropped")
"""What can be planted."""


@dataclass(frozen=True)
class Purchase:
    """One attempt."""

    at: datetime
    model: str
    usage: Usage

    @property
    def day(self):
        return self.at.astimezone(PACIFIC).date().isoformat()

    @property
    def cost(self):
        return exact(self.usage, models()[self.model], surface="gemini")


@dataclass
class Row:
    """One line of the bill, before it is written."""

    at: datetime
    model: str
    sku: str
    usd: Fraction
    amount: int
    service: str = "Gemini API"
    kind: str = "Usage"
    credit: str = ""
    project: str = "mine"

    @property
    def day(self):
        return self.at.astimezone(PACIFIC).date().isoformat()


def purchases(rng, count):
    """Random calls of fourteen days, over the end of daylight saving time."""
    start = datetime(2026, 10, 26, 7, tzinfo=UTC)
    return [
        Purchase(
            start + timedelta(seconds=rng.randrange(14 * 86_400)), rng.choice(MODELS),
            Usage(rng.randrange(5, 200), 0, rng.randrange(50), rng.randrange(400), 1120),
        )
        for _ in range(count)
    ]  # fmt: skip


def lines(bought, by_hour):
    """What Google bills for these calls: by hour or day and SKU, each exactly."""
    sums = defaultdict(int)
    for one in bought:
        at = one.at.replace(minute=0, second=0)
        if not by_hour:
            at = at.astimezone(PACIFIC).replace(hour=12)
        for what, tokens in (("image output", one.usage.output_image),
                             ("text output", one.usage.output_text + one.usage.output_thinking),
                             ("text input", one.usage.input_text)):  # fmt: skip
            sums[at, one.model, what] += tokens
    return [
        Row(at, model, sku(model, what), tokens * price(model, what), tokens)
        for (at, model, what), tokens in sorted(sums.items())
        if tokens
    ]


def sku(model, what):
    return f"Generate_content {what} token count for {WORDS[model]}"


def price(model, what):
    rates = models()[model].sheets["gemini"].tiers["standard"]
    return {"image output": rates.output_image, "text output": rates.output_text,
            "text input": rates.input_text}[what]  # fmt: skip


def noise(rng, rows):
    """Lines that are no use of pictures: none of them may be taken for a difference."""
    at = rows[0].at
    return [
        Row(at, "", "N2 Instance Core", Fraction(55), 3, service="Compute Engine"),
        Row(at, "", rows[0].sku, Fraction(-3, 7), 0, credit="Promotional credit"),
        Row(at, "", "Tax", Fraction(rng.randrange(900), 100), 0, service="Invoice", kind="Tax"),
        Row(at, "", "Rounding error", Fraction(-1, 100), 0, service="Gemini API",
            kind="Rounding error"),
        Row(at, "", rows[0].sku, Fraction(7), 1, project="others"),
    ]  # fmt: skip


def plant(rng, rows, kind, spared):
    """One error on a day and model that has none yet; what must be said of it, or None where the
    bill has no room for it. Says (day, model, verdict, words of the reason)."""
    groups = sorted({(row.day, row.model) for row in rows} - spared)
    if not groups:
        return None
    day, model = rng.choice(groups)
    mine = [row for row in rows if (row.day, row.model) == (day, model)]
    one = rng.choice(mine)
    if kind == "price":
        factor = Fraction(rng.choice([5, 9, 12, 20, 35]), 10)
        for row in mine:
            if row.sku == one.sku:
                row.usd *= factor
        return [(day, model, "differs", one.sku)]
    if kind in {"extra", "adjustment"}:
        usd = Fraction(rng.randrange(7_000, 9_999), 10_007).limit_denominator(10**6)
        new = Row(one.at, model, one.sku, usd if kind == "extra" else -usd, 0)
        new.kind = "Usage" if kind == "extra" else "Adjustment"
        rows.append(new)
        return [(day, model, "differs", "line " if kind == "extra" else "adjustment")]
    if kind == "twice":
        rows.append(Row(**vars(one)))
        return [(day, model, "differs", "repeats an earlier one")]
    if kind == "stranger":
        words = "Generate_content text output token count for Gemini 9 Text"
        rows.append(Row(one.at, words, words, Fraction(1, 3), 5))
        return [(day, words, "billed-unknown", "")]
    if kind == "dropped":
        if len(mine) == 1 or one.usd < Fraction(1, 10**4):
            return None
        rows.remove(one)
        return [(day, model, "differs", "")]
    gone = [g for g in groups if g[0] == day] if kind == "day" else [(day, model)]
    if kind == "day" and any(d == day for d, _ in spared):
        return None
    rows[:] = [row for row in rows if (row.day, row.model) not in gone]
    return [(d, m, "not-billed", "") for d, m in gone]


def write(rows, rng, form):
    """The file as bytes. Forms: table (of the console), export (of BigQuery), euro, semicolon,
    excel (UTF-16 and tabs)."""
    comma = form == "semicolon"

    def number(value, decimals):
        text = f"{Decimal(value.numerator) / Decimal(value.denominator):,.{decimals}f}"
        if comma:
            return text.translate(str.maketrans(",.", ".,"))
        return text if form != "export" else text.replace(",", "")

    out = io.StringIO()
    mark = {"semicolon": ";", "excel": "\t"}.get(form, ",")
    writer = csv.writer(out, delimiter=mark, lineterminator=rng.choice(["\n", "\r\n"]))
    euro = form == "euro"
    if form in {"export", "euro"}:
        writer.writerow(["service.description", "sku.description", "usage_start_time",
                         "project.id", "cost", "currency", "currency_conversion_rate",
                         "usage.amount", "cost_type", "credits"])  # fmt: skip
        for row in rows:
            if row.credit:
                continue
            rate = Fraction("0.8612" if row.at.month == 10 else "0.9153") if euro else Fraction(1)
            at = row.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            writer.writerow([row.service, row.sku, at, row.project,
                             number(row.usd * rate, 12), "EUR" if euro else "USD", number(rate, 6),
                             row.amount, row.kind.lower().replace(" ", "_"), "[]"])  # fmt: skip
    else:
        writer.writerows([["Invoice number", "1"], ["Currency", "USD"], []])
        writer.writerow(["Project ID", "Service description", "SKU description", "Credit type",
                         "Cost type", "Usage start date", "Usage end date", "Usage amount",
                         "Unrounded Cost ($)", "Cost ($)"])  # fmt: skip
        for row in rows:
            writer.writerow([row.project, row.service, row.sku, row.credit, row.kind, row.day,
                             row.day, number(Fraction(row.amount), 0), number(row.usd, 10),
                             number(row.usd, 2)])  # fmt: skip
        writer.writerow([""] * 5 + ["Total", "", "", "", "9,999.00"])
    encoding = "utf-16" if form == "excel" else rng.choice(["utf-8", "utf-8-sig"])
    return out.getvalue().encode(encoding)


def seeded(seed):
    """The randomness of one case."""
    return Random(seed)
