"""What is known about an image model and about a channel: facts, loaded from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any, Literal

from cavendish.core.limits import Limits
from cavendish.core.money import Money
from cavendish.core.request import Role

Realm = Literal["real", "simulated"]
GLOBAL = "global"


def channel_of(name: str) -> str:
    """The channel's own name in one that may have a location behind it, as in vertex@global."""
    return name.partition("@")[0]


@dataclass(frozen=True, slots=True)
class TokenRange:
    """How many of something a request takes: the least, the likely and the most."""

    low: int
    expected: int
    high: int


@dataclass(frozen=True, slots=True)
class Prices:
    """USD per token, exact."""

    input_text: Fraction
    input_image: Fraction
    output_text: Fraction
    output_image: Fraction


@dataclass(frozen=True, slots=True)
class PriceSheet:
    """What one surface counts and charges: tokens of a picture by size, prices by tier.

    With `per_call` nothing is counted: every call that was executed costs that much, whatever was
    asked for and whether or not a picture came.
    """

    image_tokens: Mapping[str, int]
    reference_tokens: TokenRange
    tiers: Mapping[str, Prices]
    per_call: Money | None = None

    @classmethod
    def flat(cls, per_call: Money) -> PriceSheet:
        """One price for every executed call."""
        return cls({}, TokenRange(0, 0, 0), {}, per_call)

    @property
    def tier_names(self) -> tuple[str, ...]:
        """The service tiers that have a price."""
        return tuple(self.tiers) if self.per_call is None else ("standard",)


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """When a model came, when it ends by surface where that is announced, and what follows it."""

    status: str
    released: date
    ends: Mapping[str, date]
    successor: str | None

    def ended(self, surface: str, today: date) -> bool:
        """Whether the announced end on this surface is here or past."""
        end = self.ends.get(surface)
        return end is not None and end <= today


@dataclass(frozen=True, slots=True)
class Grounding:
    """Searches a model can make ("web", "image"), USD per query, and queries per prompt."""

    searches: tuple[str, ...]
    usd_per_query: Fraction
    queries: TokenRange


@dataclass(frozen=True, slots=True)
class Model:
    """One image model. Sizes are the service's names ("1K"), pixels are (width, height).

    `references` is the most pictures a request may carry, `references_by_role` the most of each
    role; a reference's longer side beyond `reference_px` adds bytes and nothing else. `sheets` are
    by surface ("gemini", "vertex"). `takes_size` is False for a model that has one size and
    refuses the field.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    lifecycle: Lifecycle
    output_mime: str
    input_tokens: int
    output_tokens: int
    references: int
    references_by_role: Mapping[Role, int]
    reference_px: int
    temperature: tuple[float, float] | None
    seed: bool
    takes_size: bool
    thinking_levels: tuple[str, ...]
    thinking_default: str | None
    thinking_always: bool
    thinking_tokens: TokenRange
    grounding: Grounding
    sheets: Mapping[str, PriceSheet]
    pixels: Mapping[str, Mapping[str, tuple[int, int]]]
    checked: date
    sources: tuple[str, ...]

    @property
    def sizes(self) -> tuple[str, ...]:
        """The sizes this model draws, smallest first."""
        return tuple(self.pixels)

    @property
    def aspect_ratios(self) -> tuple[str, ...]:
        """The aspect ratios this model draws."""
        return tuple(next(iter(self.pixels.values())))

    @property
    def thinks(self) -> bool:
        """Whether thinking can be part of its bill."""
        return self.thinking_always or bool(self.thinking_levels)

    @property
    def least_thinking(self) -> str | None:
        """The cheapest level of thinking, or None where none can be asked for."""
        return self.thinking_levels[0] if self.thinking_levels else None

    def lives(self, surface: str, today: date) -> bool:
        """Whether it has a price on this surface and its announced end there has not come."""
        return surface in self.sheets and not self.lifecycle.ended(surface, today)

    def default_size(self, surface: str) -> str:
        """2K where it costs what 1K costs, else 1K."""
        sheet = self.sheets[surface]
        if sheet.per_call is not None:
            return "2K" if "2K" in self.pixels else "1K"
        return "2K" if sheet.image_tokens.get("2K") == sheet.image_tokens["1K"] else "1K"


@dataclass(frozen=True, slots=True)
class Locations:
    """The places a channel is asked at: the address of a region and of several regions at once,
    which `several` names, and whose prices apply there. A model without that sheet is not there.

    `keyed_path` is the path for callers with a key and without a project (express mode).
    `regions` are the regions by model id; a model that is not there is at "global" only.
    """

    regional_url: str
    several_url: str
    several: tuple[str, ...]
    regional_surface: str
    keyed_path: str
    regions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fact:
    """What is stated of a channel: yes, no or a few words; by whom, and when it was looked at."""

    says: bool | str
    note: str | None
    url: str
    checked: date


@dataclass(frozen=True, slots=True)
class FilesFacts:
    """Where a channel takes pictures that are too large for a request. `path` begins an upload,
    `look_path` is where files are; one may be `file_bytes` large and is there for `life_s`."""

    path: str
    look_path: str
    file_bytes: int
    life_s: int


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """One way to reach the models. `base_url` is None where it is found at run time.

    `surface` says whose prices apply; a channel with prices of its own (`per_call`, by model id)
    is its own surface. The key goes into `auth_header`, after the word `auth_scheme` if there is
    one. `ids` renames models on this channel; `accepts` are retired ids that it still answers to.
    `vices` say what to expect of it, `checked` when its prices were last looked at, and `file`
    names a user's own file. A channel with `locations` stands for the whole world ("global") until
    `at` names another; `path` then holds {project} and {location}. `look_path` describes a model,
    `tier_in_headers` says where the class of service is asked for, `inline_bytes` how large a
    single picture may be, `most_request_bytes` how far the setting `request_bytes` may raise the
    guarded limit of one request. `drops` are fields of a request that its dialect has words for
    and that it does not heed, so they are not said to it. `files` is where it takes large
    pictures, if it does.

    Of OpenAI's dialects: `edits_path` is where pictures go along as a form, `pixels` how ratios are
    said where not in the model's own pixels, `places` where in a body something stands, by dotted
    names, and `extra` what stands in every body.

    `features` and `compliance` are what is stated of it, by name; what is not there is not known.
    `limits` are those that its file tells.
    """

    name: str
    title: str
    dialect: str
    surface: str
    realm: Realm
    direct_google: bool
    base_url: str | None
    base_url_env: str | None
    path: str
    auth_header: str | None
    key_env: tuple[str, ...]
    request_bytes: int
    ids: Mapping[str, str]
    accepts: tuple[str, ...]
    auth_scheme: str | None = None
    per_call: Mapping[str, Money] = field(default_factory=dict)
    vices: tuple[str, ...] = ()
    checked: date | None = None
    sources: tuple[str, ...] = ()
    file: str | None = None
    locations: Locations | None = None
    location: str = GLOBAL
    look_path: str | None = None
    tier_in_headers: bool = False
    inline_bytes: int | None = None
    most_request_bytes: int | None = None
    drops: frozenset[str] = frozenset()
    files: FilesFacts | None = None
    edits_path: str | None = None
    pixels: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    features: Mapping[str, Fact] = field(default_factory=dict)
    compliance: Mapping[str, Fact] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    @property
    def third_party(self) -> bool:
        """Whether somebody stands between us and Google: used only when it is named."""
        return self.realm == "real" and not self.direct_google

    def priced(self, model: Model) -> Model:
        """The model as this channel sells it: with its flat price here, where there is one."""
        if model.id not in self.per_call:
            return model
        flat = PriceSheet.flat(self.per_call[model.id])
        return replace(model, sheets={**model.sheets, self.surface: flat})

    def at(self, location: str) -> ChannelFacts:
        """The same channel at a location: its own name, address and prices."""
        if self.locations is None or location == GLOBAL:
            return self
        several = location in self.locations.several
        url = self.locations.several_url if several else self.locations.regional_url
        return replace(
            self,
            name=f"{self.name}@{location}",
            base_url=url.format(location=location),
            surface=self.locations.regional_surface,
            location=location,
        )
