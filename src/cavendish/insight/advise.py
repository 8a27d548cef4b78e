"""Which size, ratio and model suffice for a use, why, and what is saved against the dearest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from cavendish.catalog.loader import models
from cavendish.catalog.pricing import estimate
from cavendish.catalog.resolution import Resolved
from cavendish.catalog.uses import MM_PER_INCH, Use, sharp_from_mm
from cavendish.core.errors import InvalidRequest
from cavendish.core.model import ChannelFacts, Model
from cavendish.core.money import Money
from cavendish.core.number import is_number
from cavendish.core.request import ImageRequest
from cavendish.imaging.fit import ExactSize, Fit

DPI = (30, 1200)
WIDTH_MM = (10, 5000)
MOST_PICTURES = 1_000_000


@dataclass(frozen=True, slots=True)
class Print:
    """A picture on paper: its millimetres, the dots per inch wanted and those it gets.

    `sharp_from_mm` is the distance from which the eye sees no dots at what it gets, `wide_mm` how
    wide the picture may be printed at the density wanted.
    """

    width_mm: float
    height_mm: float
    wanted_dpi: int
    dpi: int
    sharp_from_mm: int
    wide_mm: float

    def to_json(self) -> dict[str, Any]:
        """Plain data, units in the names."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Choice:
    """One cell of one model's pixel table and what a picture of it will likely cost."""

    model: Model
    fit: Fit
    cost: Money

    @property
    def enough(self) -> bool:
        """Whether it has all the pixels that are wanted."""
        return self.fit.scale <= 1

    def to_json(self) -> dict[str, Any]:
        """Plain data, money as a decimal string in USD."""
        width, height = self.fit.pixels
        return {
            "model": self.model.id,
            "size": self.fit.size,
            "aspect_ratio": self.fit.aspect_ratio,
            "pixels": f"{width}x{height}",
            "enough": self.enough,
            "cost_usd": self.cost.usd,
        }


@dataclass(frozen=True, slots=True)
class Advice:
    """What to ask for. `instead_of` is the dearest choice that suffices as well."""

    use: Use
    n: int
    best: Choice
    instead_of: Choice
    paper: Print | None
    exact: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def cost(self) -> Money:
        """What all pictures will likely cost."""
        return Money(self.best.cost.nanos * self.n)

    @property
    def saving(self) -> Money:
        """What is saved against the dearest choice, over all pictures."""
        return Money((self.instead_of.cost.nanos - self.best.cost.nanos) * self.n)

    @property
    def reason(self) -> str:
        """Why, in a sentence or two."""
        best = self.best
        wanted, (width, height) = best.fit.wanted, best.fit.pixels
        said = f"{self._needs} {wanted.width:,} × {wanted.height:,} px; "
        if not best.enough:
            said += f"{width:,} × {height:,} px is the most that {best.model.id} draws, "
            return said + f"{best.fit.scale:.2f} times too few on a side"
        more = "" if self.instead_of == best else ", and nothing cheaper has as many"
        return said + f"{best.fit.size} has {width:,} × {height:,} px{more}"

    @property
    def _needs(self) -> str:
        """The beginning of the reason: what takes so many pixels."""
        if self.exact:
            return "You ask for"
        if self.paper is None:
            return f"{self.use.title} ({self.use.why}) takes"
        size = f"{self.paper.width_mm:g} × {self.paper.height_mm:g} mm"
        return f"{size} at {self.paper.wanted_dpi} DPI takes"

    def to_json(self) -> dict[str, Any]:
        """Plain data, money as decimal strings in USD."""
        wanted = self.best.fit.wanted
        return {
            "use": self.use.name,
            "wanted_pixels": str(wanted),
            **self.best.to_json(),
            "cut": round(self.best.fit.cut, 4),
            "n": self.n,
            "total_usd": self.cost.usd,
            "instead_of": self.instead_of.to_json(),
            "saving_usd": self.saving.usd,
            "print": None if self.paper is None else self.paper.to_json(),
            "reason": self.reason,
            "source": self.use.source,
            "warnings": list(self.warnings),
        }


def advise(
    use: Use,
    *,
    channel: ChannelFacts,
    today: date,
    only: Resolved | None = None,
    aspect_ratio: str | None = None,
    exact: str | tuple[int, int] | None = None,
    print_width_mm: float | None = None,
    dpi: int | None = None,
    n: int = 1,
) -> Advice:
    """The cheapest picture with the pixels the use takes; where there is none, the largest.

    Of `only` one model, else of every living one. `exact` says the pixels instead of the use;
    `print_width_mm` and `dpi` change a use on paper.
    Raises: InvalidRequest naming the field.
    """
    _whole("n", n, 1, MOST_PICTURES)
    paper_mm, dots = _paper(use, aspect_ratio, print_width_mm, dpi)
    if exact is not None:
        if aspect_ratio is not None or use.paper_mm is not None:
            field = "aspect_ratio" if aspect_ratio is not None else "use"
            raise InvalidRequest(field, "says the pixels as exact does", accepts="one of the two")
        wanted = ExactSize.parse(exact)
    elif paper_mm is not None:
        width, height = (round(side * dots / MM_PER_INCH) for side in paper_mm)
        wanted = ExactSize(width, height)
    else:
        wanted = _on_screen(use.longest_px or 0, *_ratio(aspect_ratio or use.ratio or "1:1"))
    surface = channel.surface
    living = [m for m in map(channel.priced, models().values()) if m.lives(surface, today)]
    asked = [only.model] if only else living
    choices = list(_choices(asked, surface, wanted, aspect_ratio))
    if not choices:
        raise InvalidRequest(
            "aspect_ratio",
            f"no model asked for draws {aspect_ratio!r}",
            accepts=tuple(dict.fromkeys(ratio for m in asked for ratio in m.aspect_ratios)),
        )
    enough = [choice for choice in choices if choice.enough]
    best = min(enough, key=_cheapest) if enough else min(choices, key=_largest)
    dearest = max(enough or [best], key=lambda choice: choice.cost.nanos)
    paper = None if paper_mm is None else _print(best.fit, paper_mm, dots)
    warnings = (only.notice,) if only and only.notice else ()
    return Advice(use, n, best, dearest, paper, exact is not None, warnings)


def _choices(
    asked: Iterable[Model], surface: str, wanted: ExactSize, aspect_ratio: str | None
) -> Iterator[Choice]:
    """For every model and size the cell that fits best, or the one of the ratio said."""
    for model in asked:
        for size, cells in model.pixels.items():
            drawn: Mapping[str, tuple[int, int]] = cells
            if aspect_ratio is not None:
                drawn = {ratio: cell for ratio, cell in cells.items() if ratio == aspect_ratio}
            fits = [Fit(wanted, size, ratio, cell) for ratio, cell in drawn.items()]
            if fits:
                fit = min(fits, key=lambda fit: (round(fit.cut, 2), fit.scale))
                yield Choice(model, fit, _cost(model, fit, surface))


def _cost(model: Model, fit: Fit, surface: str) -> Money:
    size, ratio = fit.size, fit.aspect_ratio
    request = ImageRequest(model.id, "", size, ratio, thinking=model.least_thinking)
    return estimate(request, model, surface=surface).expected


def _cheapest(choice: Choice) -> tuple[int, float, int]:
    """The least money; for the same money the least cut, then the most pixels."""
    width, height = choice.fit.pixels
    return choice.cost.nanos, round(choice.fit.cut, 2), -width * height


def _largest(choice: Choice) -> tuple[float, int]:
    return round(choice.fit.scale, 2), choice.cost.nanos


def _paper(
    use: Use, aspect_ratio: str | None, print_width_mm: float | None, dpi: int | None
) -> tuple[tuple[float, float] | None, int]:
    """The picture's millimetres, if it is printed, and the dots per inch wanted."""
    if use.paper_mm is None:
        for field, said in (("print_width_mm", print_width_mm), ("dpi", dpi)):
            if said is not None:
                raise InvalidRequest(
                    field, f"{use.name} is not printed", accepts="use print-a4 or large"
                )
        return None, 0
    dots = (use.dpi or 0) if dpi is None else _whole("dpi", dpi, *DPI)
    across, down = _ratio(aspect_ratio) if aspect_ratio else use.paper_mm
    if print_width_mm is not None:
        width = _millimetres(print_width_mm)
        return (width, width * down / across), dots
    short, long = sorted(use.paper_mm)
    page = (long, short) if across > down else (short, long)
    fitted = min(page[0] / across, page[1] / down)
    return (across * fitted, down * fitted), dots


def _print(fit: Fit, paper_mm: tuple[float, float], wanted_dpi: int) -> Print:
    """The density is said whole and rounded down: no more is promised than is there."""
    dpi = max(1, int(wanted_dpi / fit.scale + 1e-9))
    width_mm, height_mm = paper_mm
    return Print(
        round(width_mm, 1), round(height_mm, 1), wanted_dpi, dpi, sharp_from_mm(dpi),
        int(10 * width_mm / fit.scale + 1e-6) / 10,
    )  # fmt: skip


def _on_screen(longest_px: int, across: float, down: float) -> ExactSize:
    scale = longest_px / max(across, down)
    return ExactSize(round(across * scale), round(down * scale))


def _ratio(said: str) -> tuple[float, float]:
    try:
        across, down = (Fraction(side) for side in said.split(":"))
        if min(across, down) > 0 and max(across / down, down / across) <= 20:
            return float(across), float(down)
    except (ValueError, ZeroDivisionError, AttributeError):
        pass
    raise InvalidRequest("aspect_ratio", f"{said!r} is no ratio", accepts="such as 16:9")


def _whole(field: str, value: int, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise InvalidRequest(field, f"{value!r} is out of range", accepts=f"{low}..{high:,}")
    return value


def _millimetres(value: float) -> float:
    low, high = WIDTH_MM
    if not is_number(value) or not low <= value <= high:
        raise InvalidRequest(
            "print_width_mm", f"{value!r} is out of range", accepts=f"{low}..{high:,} mm"
        )
    return float(value)
