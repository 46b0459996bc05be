"""Image files from strangers: told by their first bytes, bounded by their header, decoded by the one decoder they name.

What this does not guard: the decoders are Pillow's, and a hole in them is a hole here.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from PIL import Image

MAX_PIXELS = 32_000_000
"""Pixels an image may have. One copy of so many takes 128 MB, and flattening one takes three or four for a moment."""
MEDIA_TYPES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
}
"""Format -> media type. Other images (SVG, TIFF) are files like any other."""

_TOO_LARGE = f"has no size, or more pixels than the {MAX_PIXELS:,} that are taken"


class BadImage(ValueError):
    """The file cannot be used as an image; `str()` says why, in words that follow the file's name."""


def format_of(start: bytes) -> str | None:
    """The format by the file's first 16 bytes; None for what is no image we know."""
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "WEBP"
    return "BMP" if start.startswith(b"BM") else None


def check_image(content: bytes) -> str:
    """The format of an image that can be decoded whole (the first picture of an animation).

    Raises: BadImage.
    """
    with open_image(content) as image:
        image.load()
        return str(image.format)


@contextmanager
def open_image(content: bytes) -> Iterator[Image.Image]:
    """The image, its size checked and nothing decoded yet; what decoders stumble over inside is a `BadImage`.

    Raises: BadImage.
    """
    kind = format_of(content[:16])
    if kind is None:
        raise BadImage("is no PNG, JPEG, GIF, WebP or BMP image by its content")
    try:
        if kind == "WEBP":  # its decoder makes room for all pixels as soon as it is opened
            _check_size(*_webp_size(content))
        # Pillow would try every format it knows; only the one whose sign the file bears may look at it.
        with Image.open(io.BytesIO(content), formats=(kind,)) as image:
            _check_size(*image.size)
            yield image
    except BadImage:
        raise
    except Image.DecompressionBombError:  # Pillow's own limit, far above ours, comes first for the largest
        raise BadImage(_TOO_LARGE) from None
    except Exception as error:  # decoders raise whatever they stumble over
        raise BadImage(f"is a damaged {kind} image ({type(error).__name__})") from None


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
