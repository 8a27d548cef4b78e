"""A process of its own that decodes strangers' pictures, and may die of one.

It reads one job per line on its standard input (a path, or so many bytes that follow), and answers
each with one line of JSON. It ends when its input ends, or when its parent is gone. Pillow is
loaded when the first job comes.
"""

from __future__ import annotations

import base64
import bisect
import io
import itertools
import json
import os
import resource
import select
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from cavendish.imaging import png
from cavendish.imaging.fingerprint import GRID
from cavendish.imaging.header import ORIENTATION, PIXELS, NotAPicture
from cavendish.imaging.opening import upright
from cavendish.imaging.upload import made_ready

if TYPE_CHECKING:
    from PIL.Image import Image

MEMORY_BYTES: Final = 1024**3
CPU_S: Final = 10
FORMATS: Final = ("PNG", "JPEG", "WEBP")
_LOOK_S: Final = 5.0
# A picture is blank when no pixel stands out, it has no grain to speak of, and no part of it,
# however large, differs from another by more than encoding does. Grain is everywhere: what stands
# out of a quiet ground is a faint line, and was drawn.
_BLANK_EXTENT, _BLANK_GRAIN, _QUIET, _DRAWN = 40, 4.0, 2, 18
_BLANK_PARTS_EXTENT, _BLANK_PARTS = 8, 1.0
_SMALL: Final = 5_000_000


def main() -> None:
    """Answers jobs until there is nobody to answer to."""
    confine()
    parent = os.getppid()
    while True:
        readable, _, _ = select.select([0], [], [], _LOOK_S)
        if os.getppid() != parent:
            return
        if not readable:
            continue
        line = sys.stdin.buffer.readline()
        if not line:
            return
        job = json.loads(line)
        spent_s = resource.getrusage(resource.RUSAGE_SELF)
        soft_s = int(spent_s.ru_utime + spent_s.ru_stime) + CPU_S
        resource.setrlimit(resource.RLIMIT_CPU, (soft_s, resource.RLIM_INFINITY))
        sys.stdout.buffer.write(json.dumps(answer(job, sys.stdin.buffer)).encode() + b"\n")
        sys.stdout.buffer.flush()


def confine() -> None:
    """Bounds memory, forbids files to be written and cores to be dumped, leaves Ctrl-C to the
    parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(kind, (most, most))


def answer(job: dict[str, Any], following: BinaryIO) -> dict[str, Any]:
    """What one picture is like, as JSON; `problem` where it cannot be decoded, `unknown` where
    that is no fault of the picture."""
    try:
        if "longest_px" in job:
            return _ready(following.read(job["bytes"]), job["longest_px"], job["most_bytes"])
        if "bytes" in job:
            return _look(io.BytesIO(following.read(job["bytes"])))
        with Path(job["path"]).open("rb") as file:
            return _look(file)
    except MemoryError:
        return {"unknown": "there is not enough memory to decode it"}
    except OSError as error:
        return {"unknown": f"it cannot be read: {error.strerror}"}


def _ready(data: bytes, longest_px: int, most_bytes: int) -> dict[str, Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return made_ready(data, longest_px=longest_px, most_bytes=most_bytes).to_json()
    except NotAPicture as error:
        return {"problem": str(error), "kind": type(error).__name__}


def _look(file: BinaryIO) -> dict[str, Any]:
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = PIXELS
    if file.read(8) == png.MAGIC and (name := png.broken_chunk(file)) is not None:
        return {"problem": f"the checksum of its {name} chunk is wrong"}
    file.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opened = Image.open(file, formats=FORMATS)
            opened.load()
    except MemoryError:
        raise
    except Exception as error:
        # decoders raise whatever they like; only what the system says is not about the picture
        if isinstance(error, OSError) and error.errno is not None:
            raise
        return {"problem": f"{error or type(error).__name__}"[:300]}
    found: dict[str, Any] = {"lost": _lost(file, opened), "transparent": _transparent(opened)}
    colours = opened if opened.mode == "RGB" else opened.convert("RGB")
    grid = colours.resize((GRID, GRID), Image.Resampling.BILINEAR)
    found["blank"] = _blank(colours, grid)
    turned = upright(grid, opened.getexif().get(ORIENTATION))
    found["grid"] = base64.b64encode(turned.tobytes()).decode()
    return found


def _transparent(picture: Image) -> float:
    """The share of pixels that are not opaque."""
    if not picture.has_transparency_data:
        return 0.0
    alpha = picture.convert("RGBA").getchannel("A").histogram()
    return sum(alpha[:255]) / (picture.width * picture.height)


def _blank(colours: Image, grid: Image) -> bool:
    from PIL import ImageStat

    # the grid first: it is small, and tells of nearly every picture
    if _extent(grid) > _BLANK_PARTS_EXTENT or _extent(colours) > _BLANK_EXTENT:
        return False
    grain, parts = (max(ImageStat.Stat(one).stddev) for one in (colours, grid))
    if grain > _BLANK_GRAIN or parts > _BLANK_PARTS:
        return False
    return not any(map(_is_drawn_on, colours.split()))


def _is_drawn_on(band: Image) -> bool:
    """Whether some pixels of a channel stand out, and nine tenths of it are one shade."""
    low, high = cast("tuple[int, int]", band.getextrema())
    below = list(itertools.accumulate(band.histogram()))
    first, last = (bisect.bisect_left(below, below[-1] * share) for share in (0.05, 0.95))
    return high - low > _DRAWN and last - first <= _QUIET


def _extent(picture: Image) -> int:
    return max(high - low for low, high in _extrema(picture))


def _extrema(picture: Image) -> list[tuple[int, int]]:
    return [cast("tuple[int, int]", band.getextrema()) for band in picture.split()]


def _lost(file: BinaryIO, picture: Image) -> float:
    """The share of a picture's rows that its data do not reach, though its end marker is there:
    the decoder fills in what is missing, black or grey, and says nothing."""
    if picture.format == "PNG":
        last = picture.crop((0, picture.height - 1, picture.width, picture.height))
        return png.missing(file) if not any(last.tobytes()) else 0.0
    if picture.format in {"JPEG", "MPO"} and _may_miss_data(picture):
        return _lost_of_jpeg(file, picture)
    return 0.0


def _lost_of_jpeg(file: BinaryIO, picture: Image) -> float:
    """A picture that wants more data takes what it is given: more bits before the end change it,
    and leave a whole one alone."""
    from PIL import Image, ImageChops

    file.seek(0)
    data = file.read()
    end = data.rfind(b"\xff\xd9")
    if end < 0:
        return 0.0
    bits = bytes(range(1, 255)) * 4  # no 0xFF, which would be a marker; nor may one come before
    more = bits + b"".join(bytes((0xFF, 0xD0 + number)) + bits for number in range(8))
    longer = io.BytesIO(data[:end].rstrip(b"\xff") + more + data[end:])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = Image.open(longer, formats=("JPEG",))
        again.load()
    box = ImageChops.difference(picture.copy(), again.copy()).getbbox()
    return 0.0 if box is None else (picture.height - box[1]) / picture.height


def _may_miss_data(picture: Image) -> bool:
    """Whether to decode a JPEG a second time: always a small one, and any that is progressive or
    ends in the grey that is filled in."""
    width, height = picture.size
    if width * height <= _SMALL or picture.info.get("progressive"):
        return True
    left, top = width - min(4, (width - 1) % 8 + 1), height - min(4, (height - 1) % 8 + 1)
    corner = _extrema(picture.crop((left, top, width, height)))
    return all(low >= 126 and high <= 129 for low, high in corner)
