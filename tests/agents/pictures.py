"""Image files for tests, good and hostile, and tasks that come with them."""

from __future__ import annotations

import base64
import hashlib
import io
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw

from agentopt_core.tasks import Attachment


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def drawing(size: tuple[int, int] = (60, 40)) -> Image.Image:
    """Black on white: a line and a box."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((5, 5, size[0] // 2, size[1] // 2), outline="black")
    draw.line((0, 0, size[0], size[1]), fill="red")
    return image


def photo(size: tuple[int, int] = (60, 40)) -> Image.Image:
    """As many colours as pixels."""
    return Image.merge("RGB", [Image.effect_noise(size, 90) for _ in range(3)])


def png_header(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that says it is so large, with hardly any pixels in it."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", data or zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")


def webp_header(width: int, height: int) -> bytes:
    """The same as WebP with a canvas of that size."""
    canvas = struct.pack("<I", 0) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", len(canvas)) + canvas
    return b"RIFF" + struct.pack("<I", len(body)) + body


def opened(url: str) -> Image.Image:
    """The image in a data URL, decoded."""
    head, _, data = url.partition(",")
    assert head in ("data:image/png;base64", "data:image/jpeg;base64")
    image = Image.open(io.BytesIO(base64.b64decode(data, validate=True)))
    image.load()
    assert head == f"data:image/{image.format.lower()};base64"
    return image


def attached(folder: Path, path: str, content: bytes, media_type: str = "image/png", **fields: object) -> Attachment:
    """A file written into the folder, as a task's attachment; images are for the prompt."""
    place = folder / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    role = "prompt" if media_type.startswith("image/") else "workspace"
    digest = hashlib.sha256(content).hexdigest()
    return Attachment(
        **{"path": path, "media_type": media_type, "sha256": digest, "bytes": len(content), "role": role, **fields}
    )
