"""An image file on its way to a model: what it becomes, and what is refused."""

import io
import subprocess
import sys
import zipfile

import pytest
from PIL import Image

from agentopt_core.agents.images import MAX_SIDE, data_url
from agentopt_core.image_files import BadImage

from .pictures import drawing, encoded, opened, photo, png_header, webp_header

PLENTY = 2 * 1024 * 1024


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_five_formats_are_taken_and_written_anew(kind):
    image = opened(data_url(encoded(drawing(), kind), PLENTY))
    assert image.size == (60, 40)
    assert image.getpixel((58, 2)) > (240, 240, 240)


def test_line_art_goes_as_png_and_a_photo_as_jpeg():
    assert opened(data_url(encoded(drawing()), PLENTY)).format == "PNG"
    assert opened(data_url(encoded(photo((300, 300))), PLENTY)).format == "JPEG"


def test_a_large_image_is_scaled_to_the_longest_side_and_keeps_its_shape():
    image = opened(data_url(encoded(drawing((5000, 2500))), PLENTY))
    assert image.size == (MAX_SIDE, MAX_SIDE // 2)


def test_an_image_is_scaled_until_it_fits_its_bytes():
    url = data_url(encoded(photo((800, 600))), 20_000)
    assert len(url) * 3 / 4 < 20_100
    width, height = opened(url).size
    assert 0.7 < width / height / (800 / 600) < 1.3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_image_is_turned_as_the_camera_was_held(kind):
    image = Image.new("RGB", (40, 20), "white")
    image.paste("black", (0, 0, 20, 20))  # the left half
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise: left becomes top
    upright = opened(data_url(encoded(image, kind, exif=exif), PLENTY)).convert("L")
    assert upright.size == (20, 40)
    assert upright.getpixel((10, 5)) < 30
    assert upright.getpixel((10, 35)) > 225


def test_what_is_transparent_becomes_white():
    image = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    assert opened(data_url(encoded(image), PLENTY)).convert("RGB").getpixel((5, 5)) == (255, 255, 255)
    palette = Image.new("P", (10, 10), 0)
    assert opened(data_url(encoded(palette, transparency=0), PLENTY)).convert("RGB").getpixel((5, 5)) == (255,) * 3


def test_sixteen_bits_of_grey_keep_their_brightness():
    image = Image.new("I;16", (10, 10), 0x8000)
    assert opened(data_url(encoded(image), PLENTY)).getpixel((5, 5)) == 0x80


def test_the_first_picture_of_an_animation_is_shown():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    assert opened(data_url(file.getvalue(), PLENTY)).convert("RGB").getpixel((4, 4))[0] > 200


def test_nothing_but_pixels_goes_on():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    original = encoded(photo(), "JPEG", exif=exif, comment=b"secret comment", icc_profile=b"a profile")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("payload.html", "<script>")
    image = opened(data_url(original + archive.getvalue(), PLENTY))  # a picture and an archive in one file
    file = io.BytesIO()
    image.save(file, image.format)
    assert not dict(image.getexif())
    assert not {"comment", "icc_profile", "exif"} & set(image.info)
    assert b"payload.html" not in file.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no PNG, JPEG"),
        (b"just text", "no PNG, JPEG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG, JPEG"),
        (b"%PDF-1.7\n" + encoded(drawing()), "no PNG, JPEG"),
        (encoded(drawing(), "TIFF"), "no PNG, JPEG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "no PNG, JPEG"),
        (encoded(photo((200, 200)))[:2000], "damaged PNG"),
        (encoded(photo((200, 200)), "JPEG")[:2000], "damaged JPEG"),
        (encoded(photo((200, 200)), "WEBP")[:2000], "damaged WEBP"),
        (encoded(photo((200, 200)), "BMP")[:2000], "damaged BMP"),
        (encoded(photo((200, 200)), "GIF")[:2000], "damaged GIF"),
        (b"\x89PNG\r\n\x1a\n" + encoded(drawing(), "JPEG"), "damaged PNG"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "damaged WEBP"),
        (b"\xff\xd8\xff", "damaged JPEG"),
        (png_header(60_000, 60_000), "more pixels"),
        (png_header(2**31 - 1, 2**31 - 1), "more pixels|damaged PNG"),
        (webp_header(16_384, 16_384), "more pixels"),
        (encoded(drawing(), "BMP")[:18] + b"\x60\xea\0\0\x60\xea\0\0" + encoded(drawing(), "BMP")[26:], "more pixels"),
        (encoded(drawing(), "GIF")[:6] + b"\xff\xff\xff\xff" + encoded(drawing(), "GIF")[10:], "more pixels"),
    ],
)
def test_what_is_no_whole_image_of_reasonable_size_is_refused_with_the_reason(content, reason):
    with pytest.raises(BadImage, match=reason):
        data_url(content, PLENTY)


def test_a_header_that_claims_too_much_is_refused_in_bounded_memory():
    code = (
        "import resource, sys\n"
        "from agentopt_core.agents.images import data_url\nfrom agentopt_core.image_files import BadImage\n"
        "import PIL.PngImagePlugin, PIL.WebPImagePlugin\n"
        "from tests.agents.pictures import png_header, webp_header\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 64 * 2**20,) * 2)\n"
        "for content in (png_header(60_000, 60_000), webp_header(16_384, 16_384)):\n"
        "    try:\n"
        "        data_url(content, 1000)\n"
        "    except BadImage as error:\n"
        "        print(error)\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.count("more pixels") == 2, done.stderr
