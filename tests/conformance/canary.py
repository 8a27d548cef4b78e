"""A key in the twelve forms in which it could leak, and a search for them."""

from __future__ import annotations

import base64
import io
import json
import re
from urllib.parse import quote

from PIL import Image

KEY = "AIzaSyCANARY+q7/Zx~0123456789-abcdeFGHI"
BLANKS = re.compile(rb"[\s\x1b\\]|\[[0-9;]*m|[\xe2\x94\x82]{3}")


def _inside(prefix):
    """What base64 makes of the key after `prefix` bytes of anything, without the blurred ends."""
    whole = base64.b64encode(b"\0" * prefix + KEY.encode() + b"\0" * 3)
    return whole[4 if prefix else 0 : -8]


FORMS = {
    "raw": KEY.encode(),
    "url-quoted": quote(KEY, safe="").encode(),
    "base64": _inside(0),
    "base64, one byte on": _inside(1),
    "base64, two bytes on": _inside(2),
    "url-safe base64": base64.urlsafe_b64encode(KEY.encode())[:-4],
    "hex": KEY.encode().hex().encode(),
    "HEX": KEY.encode().hex().upper().encode(),
    "escaped": "".join(f"\\u{ord(char):04x}" for char in KEY).encode(),
    "reversed": KEY[::-1].encode(),
    "first twelve": KEY[:12].encode(),
    "last twelve": KEY[-12:].encode(),
}


def leaks(data):
    """The forms in which `data` (bytes or text) tells the key, also when split over lines."""
    raw = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
    joined = BLANKS.sub(b"", raw)
    return {name for name, form in FORMS.items() if form in raw or form in joined}


def metadata(data):
    """Everything a picture carries beside its pixels, as bytes; None when it is no picture."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            said = {str(k): v for k, v in image.info.items()}
            exif = {str(k): str(v) for k, v in image.getexif().items()}
    except OSError:
        return None
    text = json.dumps(
        [said, exif], default=lambda v: v.decode("latin-1") if isinstance(v, bytes) else str(v)
    )
    return text.encode() + data[:4096] + data[-4096:]
