"""An image file as a model is sent it: read by a trusted decoder under limits, and written anew.

Only pixels go on: what else the file holds (place and camera, comments, bytes behind the image) stays behind. An image
is refused when its content is none of five formats, whatever its name says, when it is larger than `MAX_PIXELS` by its
header, before any pixel is decoded, or when it is damaged.

What this does not guard: the decoders are Pillow's, and a hole in them is a hole here.
"""

from __future__ import annotations

import base64
import io
import struct
from contextlib import suppress

from PIL import Image

MAX_PIXELS = 32_000_000
"""Pixels an image may have. One copy of so many takes 128 MB, and flattening one takes three or four for a moment."""
MAX_SIDE = 2048
"""Pixels of the longest side as it is sent. The large endpoints scale down to that or less before they look."""
_LINE_ART_COLOURS = 1024
"""An image with at most so many colours is a drawing or a table, which PNG keeps sharp, be it larger than JPEG."""
_JPEG = {"quality": 90, "subsampling": 0}
"""Small print in colour stays legible: no subsampling."""
_SHRINK = 0.75
"""A side is scaled by that until the image fits its limit of bytes."""
_ORIENTATION = 0x0112
"""The EXIF tag that says how the camera was held."""
_TOO_LARGE = f"has no size, or more pixels than the {MAX_PIXELS:,} that are taken"
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class BadImage(ValueError):
    """The file cannot be shown as an image; `str()` says why, in words that follow the file's name."""


def data_url(content: bytes, max_bytes: int) -> str:
    """The image as a data URL of a PNG or JPEG of at most `max_bytes` (before base64), upright, without transparency.

    The first picture of an animation. Takes up to some seconds of a processor: call it in a thread.
    Raises: BadImage.
    """
    kind = _format(content)
    try:
        image = _upright(content, kind)
        written, media_type = _written(image, max_bytes)
    except BadImage:
        raise
    except Image.DecompressionBombError:  # Pillow's own limit, far above ours, comes first for the largest
        raise BadImage(_TOO_LARGE) from None
    except Exception as error:  # decoders raise whatever they stumble over
        raise BadImage(f"is a damaged {kind} image ({type(error).__name__})") from None
    return f"data:{media_type};base64,{base64.b64encode(written).decode('ascii')}"


def _format(content: bytes) -> str:
    """The format by the file's first bytes. Raises: BadImage."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WEBP"
    if content.startswith(b"BM"):
        return "BMP"
    raise BadImage("is no PNG, JPEG, GIF, WebP or BMP image by its content")


def _upright(content: bytes, kind: str) -> Image.Image:
    """Decoded, at most `MAX_SIDE` pixels long, turned as the camera was held, in grey or RGB, and nothing beside."""
    if kind == "WEBP":  # its decoder makes room for all pixels as soon as it is opened
        _check_size(*_webp_size(content))
    with Image.open(io.BytesIO(content), formats=(kind,)) as opened:
        _check_size(*opened.size)
        if kind == "JPEG":
            opened.draft(None, (MAX_SIDE, MAX_SIDE))  # decodes at a fraction of the size where that is enough
        opened.load()
        turn = None
        with suppress(Exception):  # a camera's broken notes are no fault of the image
            turn = _TURNS.get(opened.getexif().get(_ORIENTATION, 1))
        image = _flat(opened)
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if turn is not None:
        image = image.transpose(turn)
    image.info = {}  # else comments and colour profiles would be written again
    return image


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or not width or not height:
        raise BadImage(_TOO_LARGE)


def _webp_size(content: bytes) -> tuple[int, int]:
    """Width and height in a WebP file's first chunk (RFC 9649, 2.4 to 2.7). Raises: BadImage."""
    with suppress(struct.error):
        match content[12:16]:
            case b"VP8X":
                low = struct.unpack_from("<HBHB", content, 24)
                return 1 + low[0] + (low[1] << 16), 1 + low[2] + (low[3] << 16)
            case b"VP8L":
                (bits,) = struct.unpack_from("<I", content, 21)
                return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
            case b"VP8 ":
                width, height = struct.unpack_from("<HH", content, 26)
                return width & 0x3FFF, height & 0x3FFF
    raise BadImage("is a damaged WEBP image (no size)")


def _flat(image: Image.Image) -> Image.Image:
    """In grey or RGB; what is transparent becomes white, as on paper."""
    if image.mode.startswith("I"):  # 16 bits of grey: the upper 8 are what a screen shows
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        paper = Image.new("RGB", image.size, "white")
        paper.paste(layered, mask=layered.getchannel("A"))
        return paper
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _written(image: Image.Image, max_bytes: int) -> tuple[bytes, str]:
    """The file and its media type: PNG for line art, the smaller of PNG and JPEG for the rest; scaled until it fits."""
    while True:
        written, media_type = _file(image, "JPEG", **_JPEG), "image/jpeg"
        drawing = _file(image, "PNG")
        is_line_art = image.getcolors(_LINE_ART_COLOURS) is not None
        if len(drawing) <= (max(len(written), max_bytes // 4) if is_line_art else len(written)):
            written, media_type = drawing, "image/png"
        if len(written) <= max_bytes or image.size == (1, 1):
            return written, media_type
        width, height = image.size
        image = image.resize((max(1, int(width * _SHRINK)), max(1, int(height * _SHRINK))), Image.Resampling.LANCZOS)


def _file(image: Image.Image, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
