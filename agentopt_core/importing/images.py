"""Images from strangers: told by their first bytes, bounded by their header, and decoded once before they are kept."""

from __future__ import annotations

import warnings
from pathlib import Path, PurePosixPath

from PIL import Image

from agentopt_core.importing.limits import MAX_PIXELS

_FORMATS = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "BMP": "image/bmp",
}
ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp"})
"""What claims to be an image that can be shown. Other kinds (SVG, TIFF) are files like any other."""


class NotAnImage(Exception):
    """The reason, as the end of a sentence."""


def claims_to_be_image(name: str, start: bytes) -> bool:
    """By its ending, or by its first bytes where it has none."""
    ending = PurePosixPath(name).suffix.lower()
    return ending in ENDINGS or (not ending and _kind(start) is not None)


def media_type_of_image(path: Path) -> str:
    """The media type of a file that is an image, whatever its name says. It is decoded whole, one frame of it.

    Raises: NotAnImage.
    """
    with path.open("rb") as file:
        kind = _kind(file.read(16))
    if kind is None:
        raise NotAnImage("is no PNG, JPEG, GIF, WebP or BMP image")
    try:
        # Pillow would try every format it knows; only the one whose sign the file bears may look at it.
        with warnings.catch_warnings(action="ignore"), Image.open(path, formats=(kind,)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise NotAnImage(f"has more than {MAX_PIXELS // 1_000_000} million pixels")
            image.load()
    except NotAnImage:
        raise
    except Exception as error:  # a decoder of strangers' bytes may raise anything; all of it means the same
        raise NotAnImage("is an image that cannot be decoded") from error
    return _FORMATS[kind]


def _kind(start: bytes) -> str | None:
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if start.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if start.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if start.startswith(b"RIFF") and start[8:12] == b"WEBP":
        return "WEBP"
    return "BMP" if start.startswith(b"BM") else None
