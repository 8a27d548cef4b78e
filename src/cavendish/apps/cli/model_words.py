"""What people read about models: the catalogue in short, and one model's facts in full."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from rich.text import Text

from cavendish.apps.cli.words import facts, out, table
from cavendish.catalog.pricing import per_picture
from cavendish.client.models import SURFACE, places
from cavendish.core.model import Model, PriceSheet
from cavendish.core.money import Money

SURFACES = {
    "gemini": "Gemini API",
    "vertex": "Vertex AI",
    "vertex-regional": "Vertex AI, regions",
}


def models(found: Iterable[Model], today: date) -> None:
    """The catalogue in short: what a picture costs on the Gemini API."""
    catalogue = tuple(found)
    sizes = max((model.sizes for model in catalogue), key=lambda drawn: len(drawn))
    shown = table("model", *sizes, "state")
    for model in catalogue:
        prices = per_picture(model, surface=SURFACE)
        cells = (str(prices.get(size, "")) for size in sizes)
        shown.add_row(model.id, *cells, _state(model, today))
    out.print(shown)
    out.print(Text("usd a picture on the Gemini API, standard tier", style="dim"))


def model(found: Model, today: date, notice: str | None = None) -> None:
    """One model's facts: what it draws, costs and takes, how long it lives, and who says so."""
    out.print(Text.assemble((found.name, "bold"), f"  {found.id}"))
    if notice:
        out.print(Text(f"  {notice}", style="yellow"), soft_wrap=True)
    facts([("also", ", ".join(found.aliases)), *_life(found, today)])
    out.print()
    shown = table("pixels", *found.sizes)
    for ratio in found.aspect_ratios:
        cells = (found.pixels[size][ratio] for size in found.sizes)
        shown.add_row(ratio, *(f"{width} × {height}" for width, height in cells))
    out.print(shown)
    out.print()
    _prices(found)
    out.print()
    facts(
        [
            *(("where", _where(surface, names)) for surface, names in places(found).items()),
            ("references", _references(found)),
            ("tokens", f"{found.input_tokens:,} in, {found.output_tokens:,} out"),
            ("takes", _takes(found)),
            ("thinking", _thinking(found)),
            ("searches", _searches(found)),
            ("draws", found.output_mime),
            ("checked", str(found.checked)),
            *(("source", source) for source in found.sources),
        ]
    )


def _state(found: Model, today: date) -> str:
    end = found.lifecycle.ends.get(SURFACE)
    if end is None:
        return found.lifecycle.status
    return f"{'ended' if end <= today else 'ends'} {end:%Y-%m}"


def _life(found: Model, today: date) -> Iterable[tuple[str, str]]:
    life = found.lifecycle
    words = {"ga": "generally available", "legacy": "legacy"}
    yield "status", f"{words.get(life.status, life.status)}, released {life.released}"
    for surface, end in life.ends.items():
        when = "announced end was" if end <= today else "announced to end, not before"
        yield "life", f"{SURFACES.get(surface, surface)}: {when} {end}"
    if life.successor:
        yield "follows", life.successor


def _prices(found: Model) -> None:
    pictures = table("usd a picture", "tier", *found.sizes)
    tokens = table("usd a million tokens", "tier", "text in", "pictures in", "text out", "pictures")
    for surface, sheet in found.sheets.items():
        for number, (tier, price) in enumerate(sheet.tiers.items()):
            name = SURFACES.get(surface, surface) if number == 0 else ""
            usd = per_picture(found, surface=surface, tier=tier)
            pictures.add_row(name, tier, *(str(usd[size]) for size in found.sizes))
            kinds = (price.input_text, price.input_image, price.output_text, price.output_image)
            tokens.add_row(name, tier, *(str(Money.rounded_up(kind * 1_000_000)) for kind in kinds))
    counts = table("tokens of a picture", "a reference", *found.sizes)
    for surface, sheet in found.sheets.items():
        name = SURFACES.get(surface, surface)
        counted = (f"{sheet.image_tokens[size]:,}" for size in found.sizes)
        counts.add_row(name, _reference(sheet), *counted)
    for number, shown in enumerate((pictures, tokens, counts)):
        if number:
            out.print()
        out.print(shown)


def _reference(sheet: PriceSheet) -> str:
    tokens = sheet.reference_tokens
    return f"{tokens.low:,} to {tokens.high:,}" if tokens.low < tokens.high else f"{tokens.low:,}"


def _where(surface: str, names: tuple[str, ...]) -> str:
    title = SURFACES.get(surface, surface)
    if len(names) == 1:
        return f"{title} at {names[0]} only"
    return f"{title} at {', '.join(names)} (--channel {surface}@nearest measures)"


def _references(found: Model) -> str:
    roles = (f"{count} {role}s" for role, count in found.references_by_role.items())
    return (
        f"at most {found.references}: {', '.join(roles)}; "
        f"longer sides than {found.reference_px:,} px bring nothing"
    )


def _takes(found: Model) -> str:
    heat = found.temperature
    taken = [f"temperature {heat[0]:g} to {heat[1]:g}"] if heat else []
    taken += ["seed"] if found.seed else []
    return ", ".join(taken) or "neither temperature nor seed"


def _thinking(found: Model) -> str:
    likely = f"about {found.thinking_tokens.expected:,} tokens a picture, billed as text out"
    if found.thinking_levels:
        levels = ", ".join(found.thinking_levels)
        return f"{levels}; the cheapest unless you say ({likely})"
    return f"always on, {likely}" if found.thinking_always else "none"


def _searches(found: Model) -> str:
    grounding = found.grounding
    if not grounding.searches:
        return "none"
    return f"{', '.join(grounding.searches)}; {Money.rounded_up(grounding.usd_per_query)} a query"
