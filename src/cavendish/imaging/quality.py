"""How good a picture is as a reference: size, sharpness, light, contrast, a guess at its subject.

The measures are simple and stated; the thresholds are ours, set on pictures made for the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from math import ceil
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage

Verdict = Literal["good", "usable", "poor"]

MEASURED_PX: Final = 1024
"""Sharpness is measured at this longer side, so that a large soft picture is not called sharp."""

_SMALL_PX, _TINY_PX = 512, 256
_SOFT, _BLURRED = 60.0, 20.0
_SAID_OF_BLUR = "blurred"
_DARK, _BRIGHT = 40.0, 235.0
_FLAT, _DULL = 8.0, 20.0
_CLIPPED = 0.5
_DIM, _PALE, _OUTERMOST = 110, 200, 0.005
_THUMB_PX = 64
_DIFFERS = 16
_FAR_AWAY = 0.08
_RIM_PX, _RIM_NOISE = 4, 0.02
_NOT = [255 - value for value in range(256)]


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of one picture, and what follows from them.

    `sharpness` is the variance of the Laplacian of its luma at `MEASURED_PX`; `brightness` the
    mean luma and `contrast` its standard deviation, 0 to 255; `dark_share` and `bright_share` the
    shares of pixels that are clipped, 0 to 1; `darkest` and `lightest` what all but the outermost
    half per cent of its luma lies between. `subject_share` is an estimate: how much of the
    middle of the picture differs from its border, 0 to 1; `plain_ground` that the border is of one
    colour, so that black or white there is no fault.
    """

    shorter_px: int
    sharpness: float
    brightness: float
    contrast: float
    dark_share: float
    bright_share: float
    darkest: int
    lightest: int
    subject_share: float
    plain_ground: bool

    @property
    def findings(self) -> tuple[tuple[Verdict, str, str], ...]:
        """What is wrong: how bad it is, the reason, and what to do about it."""
        found: list[tuple[Verdict, str, str]] = []

        def say(bad: bool, so_so: bool, reason: str, advice: str) -> None:
            if bad or so_so:
                found.append(("poor" if bad else "usable", reason, advice))

        px = self.shorter_px
        say(px < _TINY_PX, px < _SMALL_PX, f"only {px} px on its shorter side",
            f"use a larger original, {_SMALL_PX} px or more")  # fmt: skip
        flat = self.contrast < _FLAT
        say(not flat and self.sharpness < _BLURRED, not flat and self.sharpness < _SOFT,
            f"{_SAID_OF_BLUR} (sharpness {self.sharpness:.0f})",
            "use a sharper picture")  # fmt: skip
        mean = f"mean {self.brightness:.0f} of 255"
        dark = self.brightness < _DARK or self.dark_share > _CLIPPED
        say(dark and (not self.plain_ground or self.lightest < _DIM), False,
            f"too dark ({mean}, {self.dark_share:.0%} black)",
            "use a brighter picture")  # fmt: skip
        bright = self.brightness > _BRIGHT or self.bright_share > _CLIPPED
        say(bright and (not self.plain_ground or self.darkest > _PALE), False,
            f"too bright ({mean}, {self.bright_share:.0%} white)",
            "use a picture with less light")  # fmt: skip
        dull = self.contrast < _DULL and not self.plain_ground
        say(flat, dull, f"hardly any contrast ({self.contrast:.0f})",
            "use a picture that shows something")  # fmt: skip
        say(False, not flat and self.subject_share < _FAR_AWAY,
            f"its subject seems to fill only {self.subject_share:.0%} (an estimate)",
            "cut it closer")  # fmt: skip
        return tuple(found)

    @property
    def verdict(self) -> Verdict:
        """The worst of the findings."""
        said = {verdict for verdict, _, _ in self.findings}
        return "poor" if "poor" in said else "usable" if said else "good"

    @property
    def only_blurred(self) -> bool:
        """Whether softness is all that makes it poor."""
        poor = [reason for verdict, reason, _ in self.findings if verdict == "poor"]
        return len(poor) == 1 and poor[0].startswith(_SAID_OF_BLUR)

    @property
    def reason(self) -> str:
        """Why it is not good, in words; empty when it is."""
        return "; ".join(reason for _, reason, _ in self.findings)

    @property
    def advice(self) -> str:
        """What to do about it; empty when it is good."""
        return "; ".join(dict.fromkeys(advice for _, _, advice in self.findings))

    def to_json(self) -> dict[str, Any]:
        """Measures and verdict as plain data."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "advice": self.advice,
            "shorter_px": self.shorter_px,
            "sharpness": round(self.sharpness, 1),
            "brightness": round(self.brightness, 1),
            "contrast": round(self.contrast, 1),
            "dark_share": round(self.dark_share, 4),
            "bright_share": round(self.bright_share, 4),
            "darkest": self.darkest,
            "lightest": self.lightest,
            "subject_share_estimate": round(self.subject_share, 3),
            "plain_ground": self.plain_ground,
        }


def measure(picture: PilImage) -> Quality:
    """The measures of an upright RGB or grey picture."""
    from PIL import Image, ImageFilter, ImageStat

    luma = picture.convert("L")
    if max(luma.size) > MEASURED_PX:
        luma.thumbnail((MEASURED_PX, MEASURED_PX), Image.Resampling.BOX)
    stat, histogram, pixels = ImageStat.Stat(luma), luma.histogram(), luma.width * luma.height
    subject = _subject(picture)
    sharpness, looked_at = 0.0, luma
    if subject.plain_ground and subject.box is not None:  # its emptiness is not blur
        left, top, right, bottom = subject.box
        across, down = luma.width / _THUMB_PX, luma.height / _THUMB_PX
        looked_at = luma.crop(
            (int(left * across), int(top * down), ceil(right * across), ceil(bottom * down))
        )
    if min(looked_at.size) > 2:
        kernel = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=4, offset=128)
        edges = looked_at.filter(kernel)
        edges = edges.crop((1, 1, edges.width - 1, edges.height - 1))
        sharpness = ImageStat.Stat(edges).var[0] * 16  # the kernel's scale, squared
    return Quality(
        shorter_px=min(picture.size),
        sharpness=sharpness,
        brightness=stat.mean[0],
        contrast=stat.stddev[0],
        dark_share=sum(histogram[:5]) / pixels,
        bright_share=sum(histogram[251:]) / pixels,
        darkest=_level(histogram, pixels * _OUTERMOST),
        lightest=255 - _level(histogram[::-1], pixels * _OUTERMOST),
        subject_share=subject.share,
        plain_ground=subject.plain_ground,
    )


def _level(histogram: list[int], below: float) -> int:
    """The first level that more than so many pixels are at or below."""
    return next(level for level, count in enumerate(accumulate(histogram)) if count > below)


class _Subject(NamedTuple):
    share: float
    plain_ground: bool
    box: tuple[int, int, int, int] | None


def _subject(picture: PilImage) -> _Subject:
    """What differs from the border's median colour, in a thumbnail of `_THUMB_PX`: its share of
    the inner part, whether the border itself does not, and the box around it."""
    from PIL import Image, ImageChops, ImageStat

    side = _THUMB_PX
    thumb = picture.convert("RGB").resize((side, side), Image.Resampling.BOX)
    rim = Image.new("L", thumb.size, 255)
    rim.paste(0, (_RIM_PX, _RIM_PX, side - _RIM_PX, side - _RIM_PX))
    ground = tuple(int(channel) for channel in ImageStat.Stat(thumb, rim).median)
    apart = ImageChops.difference(thumb, Image.new("RGB", thumb.size, ground)).convert("L")
    far = apart.point([0] * _DIFFERS + [255] * (256 - _DIFFERS))
    at_rim, inside = (ImageStat.Stat(far, mask).mean[0] / 255 for mask in (rim, rim.point(_NOT)))
    return _Subject(inside, at_rim < _RIM_NOISE, far.getbbox())
