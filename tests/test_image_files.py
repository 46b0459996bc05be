import io
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from agentopt_core.image_files import MAX_PIXELS, MEDIA_TYPES, BadImage, check_image


def picture(kind="PNG", size=(8, 8)):
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind)
    return buffer.getvalue()


def png_that_says(width, height):
    """A PNG of a few bytes with any size in its header."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", MEDIA_TYPES)
def test_an_image_is_told_by_its_first_bytes(kind):
    assert check_image(picture(kind)) == kind


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is no PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is no PNG"),
        (b"%PDF-1.7 \x89PNG\r\n\x1a\n", "is no PNG"),
        (picture()[:40], "is a damaged PNG"),
        (picture("JPEG")[:300], "is a damaged JPEG"),
        (b"BM" + bytes(60), "is a damaged BMP"),
        (b"RIFF\0\0\0\0WEBPnone", "is a damaged WEBP"),
        (b"\x89PNG\r\n\x1a\n" + picture("GIF"), "is a damaged PNG"),
        (png_that_says(65_000, 65_000), "more pixels"),
        (png_that_says(8_001, 4_000), "more pixels"),
        (b"RIFF\0\0\0\0WEBPVP8X" + struct.pack("<IBBBB", 10, 0, 0, 0, 0) + b"\xff\xff\x00\xff\xff\x00", "more pixels"),
    ],
)
def test_what_is_no_image_within_bounds_is_refused_with_the_reason(content, says):
    with pytest.raises(BadImage, match=says):
        check_image(content)


def test_the_largest_image_that_is_taken_is_decoded():
    assert check_image(picture(size=(8_000, 4_000))) == "PNG"
    assert MAX_PIXELS == 8_000 * 4_000


@given(st.sampled_from(sorted(MEDIA_TYPES)), st.integers(0, 400), st.binary(min_size=1, max_size=20))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_damaged_image_is_an_image_or_a_bad_one_and_nothing_else(kind, at, noise):
    content = picture(kind)
    try:
        check_image(content[:at] + noise + content[at + len(noise) :])
    except BadImage:
        return
