"""Colour as a model expects it: 8 bits a channel, sRGB or grey, nothing transparent."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL.Image import Image as PilImage
    from PIL.ImageCms import ImageCmsProfile

WHITE: Final = (255, 255, 255)
"""What transparent parts are laid on."""

_FULL = 65_535
_PLAIN: Final = frozenset({"RGB", "L", "CMYK", "LAB"})


def shallow(picture: PilImage) -> PilImage:
    """The picture with 8 bits a channel. Whole numbers beyond 16 bits and fractions are stretched
    from their darkest to their brightest."""
    if picture.mode not in {"I", "F"} and not picture.mode.startswith("I;"):
        return picture
    wide = picture if picture.mode == "F" else picture.convert("I")
    low, high = wide.getextrema()
    assert isinstance(low, int | float) and isinstance(high, int | float)
    if wide.mode == "I" and low >= 0 and high <= _FULL:
        low, high = 0, _FULL
    scale = 255 / ((high - low) or 1)
    return wide.point(lambda value: value * scale - low * scale).convert("L")


def opaque(picture: PilImage) -> tuple[PilImage, bool]:
    """The picture on white in a plain mode, and whether a pixel was transparent."""
    if picture.mode in _PLAIN and "transparency" not in picture.info:
        return picture, False
    if picture.mode == "1":
        return picture.convert("L"), False
    if not picture.has_transparency_data:
        return picture.convert("RGB"), False
    from PIL import Image

    see_through = picture.convert("RGBA")
    alpha = see_through.getchannel("A")
    if alpha.getextrema() == (255, 255):
        return see_through.convert("RGB"), False
    ground = Image.new("RGB", picture.size, WHITE)
    ground.paste(see_through.convert("RGB"), mask=alpha)
    return ground, True


def srgb(picture: PilImage, profile: bytes | None) -> tuple[PilImage, str]:
    """The picture in sRGB or grey, and what was done to its colours ("" when nothing was)."""
    from PIL import ImageCms

    target = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    if picture.mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        return _turned(picture, lab, target), "LAB to sRGB"
    if profile:
        try:
            source = ImageCms.getOpenProfile(io.BytesIO(profile))
            name = ImageCms.getProfileDescription(source).strip() or "its own profile"
            if "srgb" in name.casefold() and picture.mode != "CMYK":
                return picture, ""
            mode = "CMYK" if picture.mode == "CMYK" else "RGB"
            if source.profile.xcolor_space.strip() == "GRAY":
                mode = "L"
            return _turned(picture.convert(mode), source, target), f"{name} to sRGB"
        except (ImageCms.PyCMSError, OSError, ValueError):
            if picture.mode == "CMYK":
                return picture.convert("RGB"), "CMYK with a broken profile to RGB, roughly"
            return picture, "a broken colour profile ignored"
    if picture.mode == "CMYK":
        return picture.convert("RGB"), "CMYK without a profile to RGB, roughly"
    return picture, ""


def _turned(
    picture: PilImage,
    source: ImageCmsProfile,
    target: ImageCmsProfile,
) -> PilImage:
    from PIL import ImageCms

    done = ImageCms.profileToProfile(
        picture,
        source,
        target,
        renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
        outputMode="RGB",
        flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
    )
    assert done is not None
    return done
