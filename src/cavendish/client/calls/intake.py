"""From a caller's arguments to an `ImageRequest`; refused here when the model does not take it."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cavendish.catalog import presets
from cavendish.catalog.loader import DEFAULT_ASPECT_RATIO
from cavendish.catalog.resolution import Resolved
from cavendish.client.references.phrases import worded
from cavendish.client.references.shown import Shown
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import Model
from cavendish.core.number import is_number, is_whole
from cavendish.core.request import ImageRequest
from cavendish.imaging.fit import ExactSize, Fit
from cavendish.wire.gemini.request import CATEGORIES, THRESHOLDS

BYTES_PER_TOKEN = 4
LARGEST_SEED = 2**31 - 1
TIMEOUT_S = 180.0
TIMEOUT_4K_S = 300.0
LEVELS = ("minimal", "medium", "high")
TIERS = ("standard", "flex", "priority")


@dataclass(frozen=True, slots=True)
class Intake:
    """A request that its model takes, with what the caller should be told about it.

    `exact` are the pixels the picture is cut and scaled to once it is here, or None; `filled` are
    fields that nobody asked for, which a channel may go without and nothing be said.
    """

    request: ImageRequest
    resolved: Resolved
    exact: ExactSize | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    shown: tuple[Shown, ...] = ()
    filled: frozenset[str] = frozenset()

    def showing(self, shown: tuple[Shown, ...]) -> Intake:
        """The same with these references; what they are there for is said in the prompt."""
        references = tuple(one.reference for one in shown)
        prompt = worded(self.request.prompt, references)
        request = replace(self.request, prompt=prompt, references=references)
        notes = (*self.notes, *(one.note for one in shown if one.note))
        return replace(self, request=request, shown=shown, notes=notes)

    @property
    def model(self) -> Model:
        """The model that is asked."""
        return self.resolved.model

    @property
    def timeout_s(self) -> float:
        """One attempt's default timeout."""
        return TIMEOUT_4K_S if self.request.size == "4K" else TIMEOUT_S

    def to_json(self) -> dict[str, Any]:
        """The parts of the request in order, images as digests: what a dry run shows."""
        request = self.request
        parts: list[dict[str, Any]] = [{"text": request.prompt}]
        parts += [
            {"mime": r.mime, "bytes": len(r.data), "sha256": r.sha256} for r in request.references
        ]
        width, height = self.model.pixels[request.size][request.aspect_ratio]
        return {
            "model": request.model,
            "history": [turn.to_json() for turn in request.history],
            "parts": parts,
            "size": request.size,
            "aspect_ratio": request.aspect_ratio,
            "pixels": f"{width}x{height}",
            "exact": None if self.exact is None else str(self.exact),
            "text": request.text,
            "temperature": request.temperature,
            "seed": request.seed,
            "thinking": request.thinking,
            "thoughts": request.thoughts,
            "search": list(request.search),
            "safety": dict(request.safety),
            "tier": request.tier,
        }


def take_in(
    prompt: str,
    resolved: Resolved,
    surface: str,
    *,
    size: str | None = None,
    aspect_ratio: str | None = None,
    exact: str | tuple[int, int] | None = None,
    text: bool = False,
    temperature: float | None = None,
    seed: int | None = None,
    thinking: str | None = None,
    thoughts: bool = False,
    search: bool | str | Sequence[str] = False,
    safety: Mapping[str, str] | None = None,
    tier: str = "standard",
    carries: Container[str] = ("thinking",),
) -> Intake:
    """Checks every argument against the model's facts and fills in the defaults.

    `carries` are the fields that the channel can be told: a level that nobody asked for is left to
    the service where it cannot be said.

    Raises: InvalidRequest naming the field, UnknownPrice where the model has none.
    """
    facts = resolved.model
    tiers = presets.sheet(facts, surface).tier_names
    cell, wanted, notes = _cell(facts, surface, size, aspect_ratio, exact)
    level, warnings = _thinking(thinking, facts)
    if thinking is None and "thinking" not in carries:
        level = None
    if thoughts and not facts.thinks:
        warnings += (f"{facts.name} does not think; thoughts has no effect",)
    request = ImageRequest(
        model=facts.id,
        prompt=_prompt(prompt, facts),
        size=cell[0],
        aspect_ratio=cell[1],
        text=text,
        temperature=_temperature(temperature, facts),
        seed=_seed(seed, facts),
        thinking=level,
        thoughts=thoughts and facts.thinks,
        search=_search(search, facts),
        safety=_safety(safety or {}),
        tier=_tier(tier, facts, tiers),
    )
    if resolved.notice:
        warnings = (resolved.notice, *warnings)
    filled = frozenset({"thinking"} if thinking is None else ())
    return Intake(request, resolved, wanted, warnings, notes, filled=filled)


def _cell(
    facts: Model,
    surface: str,
    size: str | None,
    aspect_ratio: str | None,
    exact: str | tuple[int, int] | None,
) -> tuple[tuple[str, str], ExactSize | None, tuple[str, ...]]:
    """Size and ratio to ask for, the pixels to cut them to, and why they are what they are."""
    if exact is not None:
        for field, said in (("size", size), ("aspect_ratio", aspect_ratio)):
            if said is not None:
                raise InvalidRequest(field, "is chosen by exact", accepts="one of the two")
        wanted = ExactSize.parse(exact)
        fit = Fit.nearest(wanted, facts.pixels)
        return (fit.size, fit.aspect_ratio), wanted, (str(fit),)
    notes: tuple[str, ...] = ()
    if size is None:
        size = facts.default_size(surface)
        if size == "2K":
            notes = (f"size {size}: it costs what 1K costs on {facts.name}",)
    if aspect_ratio is None:
        aspect_ratio = DEFAULT_ASPECT_RATIO
    _one_of("size", size, facts.sizes, facts)
    _one_of("aspect_ratio", aspect_ratio, facts.aspect_ratios, facts)
    return (size, aspect_ratio), None, notes


def _one_of(field: str, value: str, accepts: Sequence[str], model: Model) -> None:
    if value not in accepts:
        raise InvalidRequest(field, f"{model.id} does not draw {value!r}", accepts=accepts)


def _prompt(prompt: str, model: Model) -> str:
    if not isinstance(prompt, str):
        raise InvalidRequest("prompt", f"must be text, not {type(prompt).__name__}")
    if not prompt.strip():
        raise InvalidRequest("prompt", "is empty", accepts="some words saying what to draw")
    try:
        size_bytes = len(prompt.encode())
    except UnicodeEncodeError:
        raise InvalidRequest("prompt", "is not valid Unicode", accepts="UTF-8 text") from None
    if size_bytes > model.input_tokens * BYTES_PER_TOKEN:
        raise InvalidRequest(
            "prompt",
            f"is about {size_bytes // BYTES_PER_TOKEN:,} tokens; "
            f"{model.id} takes {model.input_tokens:,}",
            accepts="a shorter prompt",
        )
    return prompt


def _temperature(temperature: float | None, model: Model) -> float | None:
    if temperature is None:
        return None
    if model.temperature is None:
        raise InvalidRequest("temperature", f"{model.id} does not take one", accepts="no value")
    low, high = model.temperature
    if not is_number(temperature) or not low <= temperature <= high:
        raise InvalidRequest(
            "temperature", f"{temperature!r} is out of range", accepts=f"{low}..{high}"
        )
    return float(temperature)


def _seed(seed: int | None, model: Model) -> int | None:
    if seed is None:
        return None
    if not model.seed:
        raise InvalidRequest("seed", f"{model.id} does not take one", accepts="no value")
    if not is_whole(seed) or not 0 <= seed <= LARGEST_SEED:
        raise InvalidRequest("seed", f"{seed!r} is out of range", accepts=f"0..{LARGEST_SEED}")
    return seed


def _thinking(level: str | None, model: Model) -> tuple[str | None, tuple[str, ...]]:
    """The cheapest level unless another is asked for."""
    if level is not None and level not in LEVELS:
        raise InvalidRequest("thinking", f"there is no level {level!r}", accepts=LEVELS)
    if model.thinking_levels:
        if level is not None and level not in model.thinking_levels:
            raise InvalidRequest(
                "thinking", f"{model.id} has no level {level!r}", accepts=model.thinking_levels
            )
        return level or model.least_thinking, ()
    if level is None:
        return None, ()
    does = "always thinks and bills it" if model.thinking_always else "does not think"
    return None, (f"{model.name} {does}; thinking={level} has no effect",)


def _search(kinds: bool | str | Sequence[str], model: Model) -> tuple[str, ...]:
    """Kinds of grounding in the catalogue's order; True is a search of the web."""
    if isinstance(kinds, bool):
        kinds = ("web",) if kinds else ()
    asked = {kinds} if isinstance(kinds, str) else set(kinds)
    takes = model.grounding.searches
    for kind in sorted(asked):
        if kind not in takes:
            raise InvalidRequest(
                "search", f"{model.id} cannot search {kind!r}", accepts=takes or "no search"
            )
    return tuple(kind for kind in takes if kind in asked)


def _safety(given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Pairs of category and threshold, in our words; the service's own are understood."""
    ours = {theirs: ours for ours, theirs in (*CATEGORIES.items(), *THRESHOLDS.items())}
    pairs = {ours.get(c, c): ours.get(t, t) for c, t in given.items()}
    for category, threshold in pairs.items():
        if category not in CATEGORIES:
            raise InvalidRequest(
                "safety", f"there is no category {category!r}", accepts=tuple(CATEGORIES)
            )
        if threshold not in THRESHOLDS:
            raise InvalidRequest(
                "safety", f"there is no threshold {threshold!r}", accepts=tuple(THRESHOLDS)
            )
    return tuple(sorted(pairs.items()))


def _tier(tier: str, model: Model, priced: Collection[str]) -> str:
    """The tier, if it is one that answers at once and has a price here."""
    takes = [name for name in TIERS if name in priced]
    if tier not in takes:
        raise InvalidRequest("tier", f"{model.id} has no tier {tier!r} here", accepts=takes)
    return tier
