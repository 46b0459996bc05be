"""An image file as a model is sent it: read by a trusted decoder under limits, and written anew.

Only pixels go on: what else the file holds (place and camera, comments, bytes behind the image) stays behind. An image
is refused as `image_files` says: of another format by its content, too large by its header, or damaged.

What this does not guard: the decoders are Pillow's, and a hole in them is a hole here.
"""

from __future__ import annotations

import base64
import io
from contextlib import suppress

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from agentopt_core.image_files import open_image

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
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def data_url(content: bytes, max_bytes: int) -> str:
    """The image as a data URL of a PNG or JPEG of at most `max_bytes` (before base64), upright, without transparency.

    The first picture of an animation. Takes up to some seconds of a processor: call it in a thread.
    Raises: BadImage.
    """
    with open_image(content) as opened:
        written, media_type = _written(_upright(opened), max_bytes)
    return f"data:{media_type};base64,{base64.b64encode(written).decode('ascii')}"


def _upright(opened: Image.Image) -> Image.Image:
    """Decoded, at most `MAX_SIDE` pixels long, turned as the camera was held, in grey or RGB, and nothing beside."""
    if isinstance(opened, JpegImageFile):
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
