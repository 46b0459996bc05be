import io

import pytest
from PIL import Image

from agentopt_core.importing.images import media_type_of_image


def picture(kind="PNG", size=(8, 8)):
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind)
    return buffer.getvalue()


PNG = picture()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
def test_an_image_is_told_by_its_first_bytes_whatever_its_name_says(tmp_path, kind):
    (tmp_path / "x.png").write_bytes(picture(kind))
    assert media_type_of_image(tmp_path / "x.png") == f"image/{kind.lower()}"
