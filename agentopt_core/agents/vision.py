"""Whether a model takes images, guessed from its name: what a form fills in before a person says what is true."""

from __future__ import annotations

import re

_FAMILIES = (
    r"gpt-4o|gpt-4\.[15]|gpt-4-turbo|gpt-[5-9]|chatgpt-4o|\bo[134]\b(?!-mini|-preview)|\bo4-mini",
    r"claude-(3|4|opus|sonnet|haiku)",
    r"gemini|gemma-?3(?!n)|gemma-?[4-9]",
    r"qwen[\w.]*-?(vl|omni)|qvq",
    r"llama-?4|llava|pixtral|mistral-small-?3|mistral-small-2503|mistral-(medium|large)-?3",
    r"grok-[4-9]|nova-(lite|pro)|glm-4(\.\d)?v|phi-?[34](\.5)?-multimodal",
    r"moondream|minicpm-?v|internvl|molmo|idefics|smolvlm",
    r"[-_.:/](vision|vl)\b",
)
_TAKES_IMAGES = re.compile("|".join(_FAMILIES))
_TEXT_ONLY = re.compile(r"audio|realtime|transcribe|tts|embed|search|gemma-?3[:-](1b|270m)")
"""Relatives of these families that take none, or that are no chat models."""


def probably_takes_images(model: str) -> bool:
    """Whether models of that name are known to take images. Names change faster than this list: a hint, no fact."""
    name = model.lower()
    return bool(_TAKES_IMAGES.search(name)) and not _TEXT_ONLY.search(name)
