"""What is known about an image model and about a channel: facts, loaded from the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

Realm = Literal["real", "simulated"]


@dataclass(frozen=True, slots=True)
class TokenRange:
    """How many tokens something takes: the least, the likely and the most."""

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
class Model:
    """One image model. Sizes are the service's names ("1K"), pixels are (width, height)."""

    id: str
    name: str
    aliases: tuple[str, ...]
    status: str
    released: date
    output_mime: str
    input_tokens: int
    output_tokens: int
    references: int
    temperature: tuple[float, float] | None
    seed: bool
    thinking_levels: tuple[str, ...]
    thinking_tokens: TokenRange
    reference_tokens: TokenRange
    image_tokens: Mapping[str, int]
    prices: Mapping[str, Prices]
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
    def default_size(self) -> str:
        """2K where it costs what 1K costs, else 1K."""
        return "2K" if self.image_tokens["2K"] == self.image_tokens["1K"] else "1K"


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """One way to reach the models. `base_url` is None where it is found at run time."""

    name: str
    title: str
    dialect: str
    realm: Realm
    direct_google: bool
    base_url: str | None
    base_url_env: str | None
    path: str
    auth_header: str | None
    key_env: tuple[str, ...]
    request_bytes: int
