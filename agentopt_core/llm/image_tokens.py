"""How much of a model's context an image takes, estimated: endpoints count pixels, never the base64 that carries them.

The estimate is the larger of two public rules, so that a budget rather holds back too much than too little:
- OpenAI, "Images and vision", at high detail: scaled into 2048 x 2048, then to 768 on the shorter side, the image
  costs a base and so much for each tile of 512 x 512 (https://platform.openai.com/docs/guides/images-vision);
- Anthropic, "Vision": width x height / 750 (https://docs.claude.com/en/docs/build-with-claude/vision).
"""

from __future__ import annotations

import base64
import io
import math

from PIL import Image

_FIT, _SHORT_SIDE, _TILE = 2048, 768, 512
_PIXELS_A_TOKEN = 750
_USUAL = (85, 170)
"""Tokens of the base and of a tile: gpt-4o, gpt-4.1 and most after them."""
_DEARER = {"gpt-4o-mini": (2833, 5667)}
"""Models that count the same tiles as more tokens."""
_UNKNOWN = (2048, 2048)
"""The size of an image whose header cannot be read here."""
_HEADER = 4096
"""Characters of base64 that hold the size of an image we wrote."""


def image_tokens(url: str, model: str = "") -> int:
    """Estimated prompt tokens of an image in a data URL for a model."""
    width, height = _size(url)
    scale = min(1.0, _FIT / max(width, height))
    scale *= min(1.0, _SHORT_SIDE / (min(width, height) * scale))
    tiles = math.ceil(width * scale / _TILE) * math.ceil(height * scale / _TILE)
    base, per_tile = next((cost for name, cost in _DEARER.items() if name in model), _USUAL)
    return max(base + per_tile * tiles, math.ceil(width * height / _PIXELS_A_TOKEN))


def _size(url: str) -> tuple[int, int]:
    header = url.partition(",")[2][:_HEADER]
    try:
        with Image.open(io.BytesIO(base64.b64decode(header)), formats=("PNG", "JPEG")) as image:
            return image.size
    except Exception:  # decoders raise whatever they stumble over
        return _UNKNOWN
