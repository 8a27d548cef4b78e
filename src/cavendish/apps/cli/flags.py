"""The flags that commands share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from cyclopts import Parameter, Token

from cavendish.core.errors import InvalidRequest


def _whole(_: type, tokens: Sequence[Token]) -> int:
    """A whole number as it is written: 1.5 is none, and not 2 either."""
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value!r} is no whole number, such as 4") from None


WHOLE = Parameter(converter=_whole)
_DURATION = re.compile(r"(\d{1,6})\s*(s|m|min|h|d)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400}

Whole = Annotated[int, WHOLE]
WholeOrNone = Annotated[int | None, WHOLE]
CountFlag = Annotated[int, Parameter("-n"), WHOLE]
ModelFlag = Annotated[str | None, Parameter(["--model", "-m"])]
SizeFlag = Annotated[str | None, Parameter(["--size", "-s"])]
RatioFlag = Annotated[str | None, Parameter(["--aspect-ratio", "-a"])]
Switch = Annotated[bool, Parameter(negative="", show_default=False)]
Repeated = Annotated[list[str] | None, Parameter(negative="")]


@Parameter(name="*")
@dataclass(frozen=True)
class RequestFlags:
    """What to draw."""

    model: ModelFlag = None
    """Model id or alias (cavendish models list)."""
    size: SizeFlag = None
    """512, 1K, 2K or 4K. Default: 2K where it costs what 1K costs (infographics 2K), else 1K."""
    aspect_ratio: RatioFlag = None
    """Aspect ratio, such as 16:9. Default 1:1 (infographics 9:16)."""
    exact: str | None = None
    """WIDTHxHEIGHT in pixels, cut and scaled from the nearest picture the model draws."""
    ref: Repeated = None
    """FILE[:role[:weight]] to go by: object, character or style, 0 to 1; may be repeated."""
    style_ref: Repeated = None
    """FILE[:0..1] whose style is taken, and not its content; may be repeated."""
    split_references: Switch = False
    """Deal more references than the model takes into several requests, each a picture."""
    n: CountFlag = 1
    """How many different pictures."""
    text: Switch = False
    """Ask for words beside the picture."""
    temperature: float | None = None
    """0 to 2, where the model takes it."""
    seed: WholeOrNone = None
    """Seed, where the model takes it."""
    thinking: str | None = None
    """minimal, medium or high, where the model has levels. Default: the cheapest."""
    thoughts: Switch = False
    """Show the trace of the model's thinking."""
    search: Switch = False
    """Ground the picture with a search of the web."""
    search_images: Switch = False
    """Ground it with a search of pictures, where the model can."""
    safety: Repeated = None
    """CATEGORY=THRESHOLD, such as harassment=only-high; may be repeated."""
    tier: str = "standard"
    """standard, flex (half price, may wait) or priority, where the model has them."""
    channel: str | None = None
    """Channel by name (cavendish channels list), or several with commas: the next is asked where
    one does not answer; third parties only so."""
    prefer: str | None = None
    """Which of several channels comes first: ordered (as named), cheapest or fastest."""
    require: Repeated = None
    """Hard limit: real or direct-google; may be repeated."""

    def options(self) -> dict[str, Any]:
        """As arguments of the library."""
        from cavendish.client.references.ref import Ref

        return {
            "model": self.model,
            "size": self.size,
            "aspect_ratio": self.aspect_ratio,
            "exact": self.exact,
            "references": tuple(Ref.parse(one) for one in self.ref or ()),
            "style_references": tuple(Ref.parse_style(one) for one in self.style_ref or ()),
            "split_references": self.split_references,
            "n": self.n,
            "text": self.text,
            "temperature": self.temperature,
            "seed": self.seed,
            "thinking": self.thinking,
            "thoughts": self.thoughts,
            "search": self._searches(),
            "safety": dict(_pair("safety", one) for one in self.safety or ()) or None,
            "tier": self.tier,
            "channel": self.channel,
            "require": tuple(self.require or ()),
            "prefer": self.prefer,
        }

    def _searches(self) -> bool | tuple[str, ...]:
        kinds = (("web", self.search), ("image", self.search_images))
        return tuple(kind for kind, wanted in kinds if wanted) or False


@Parameter(name="*")
@dataclass(frozen=True)
class CallFlags:
    """How to buy it."""

    output: Annotated[str | None, Parameter(["--output", "-o"])] = None
    """File (.png, .jpg, .webp) or folder. Default ./generated."""
    budget: str | None = None
    """The most this command may spend, in USD."""
    timeout: float | None = None
    """Seconds for one attempt. Default 180, at 4K 300."""
    retries: WholeOrNone = None
    """Further attempts after a failure that cost nothing. Default 3."""
    may_pay_twice: Whole = 0
    """How often an attempt of unknown outcome is repeated by itself."""
    project: str | None = None
    """Project that the cost is booked on."""
    tag: Repeated = None
    """KEY=VALUE to book the cost on; may be repeated."""
    key_name: str | None = None
    """Who spends: its budget is key:NAME."""
    cache: str | None = None
    """on finds what was bought before; off buys another; refresh buys another for everybody."""
    no_cache: Switch = False
    """The same as --cache off."""
    cache_ttl: str | None = None
    """Buy anew what was bought longer ago than this, such as 12h or 7d."""
    format: str | None = None
    """original, png, jpeg or webp; original keeps the service's bytes under their own ending."""
    curl: Switch = False
    """Print the curl command that does the same, with the key as a variable; send nothing."""
    dry_run: Switch = False
    """Show what would be sent and what it would cost; send nothing."""

    def options(self) -> dict[str, Any]:
        """As arguments of the library, `output` apart."""
        return {
            "budget": self.budget,
            "timeout_s": self.timeout,
            "retries": self.retries,
            "may_pay_twice": self.may_pay_twice,
            "project": self.project,
            "key_name": self.key_name,
            "tags": dict(_pair("tag", tag) for tag in self.tag or ()),
            "cache": self._policy(),
            "cache_ttl_s": self.cache_ttl and seconds("cache_ttl", self.cache_ttl),
            "format": self.format,
        }

    def _policy(self) -> str | None:
        if self.no_cache and self.cache not in {None, "off"}:
            raise InvalidRequest("no-cache", f"and --cache {self.cache}", accepts="one of them")
        return "off" if self.no_cache else self.cache


@Parameter(name="*")
@dataclass(frozen=True)
class SayFlags:
    """What to print."""

    json: Switch = False
    """One JSON document on stdout."""
    quiet: Switch = False
    """No progress and no notes."""
    log_json: Switch = False
    """One JSON line per attempt on stderr, in place of progress."""


REQUEST = RequestFlags()
CALL = CallFlags()
SAY = SayFlags()


def _pair(field: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InvalidRequest(field, f"{text!r} is not KEY=VALUE", accepts="KEY=VALUE")
    return name, value


def seconds(field: str, said: str) -> int:
    """A time such as 90s, 30m, 6h or 2d in seconds. Raises: InvalidRequest naming `field`."""
    found = _DURATION.fullmatch(said.strip())
    if found is None or not int(found[1]):
        raise InvalidRequest(field, f"{said!r} is no length of time", accepts="such as 6h or 2d")
    return int(found[1]) * _SECONDS[found[2]]
