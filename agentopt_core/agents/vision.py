"""Whether a model takes images, guessed from its name: what a form fills in before a person says what is true."""

from __future__ import annotations

import re

_TAKES_IMAGES = re.compile(
    r"gpt-4o|gpt-4\.[15]|gpt-4-turbo|gpt-4-vision|gpt-[5-9]|chatgpt-4o|\bo[134](?!-mini|-preview)\b|\bo4-mini"
    r"|claude-(3|opus|sonnet|haiku|[4-9])|gemini|gemma-?3(?!n)|gemma-?[4-9]"
    r"|llava|bakllava|pixtral|moondream|minicpm-?v|internvl|molmo|idefics|smolvlm|phi-?[34](\.5)?-(vision|multimodal)"
    r"|qwen[\w.]*-?(vl|omni)|qvq|deepseek-vl|glm-4(\.\d)?v|cogvlm|kimi-vl|grok-(2-)?vision|grok-[4-9]|nova-(lite|pro)"
    r"|llama-?[\w.]*-(vision|\w*-vision)|llama-?4|llama-4|mistral-(small-?3|medium-?3|large-?3)|mistral-small-2503"
    r"|[-_.:/](vision|vl)\b"
)
_TEXT_ONLY = re.compile(
    r"audio|realtime|transcribe|tts|embed|search|gpt-4o?-base|claude-3-5-haiku|gemma-?3[:-](1b|270m)|instruct-text"
)


def probably_takes_images(model: str) -> bool:
    """Whether models of that name are known to take images. Names change faster than this list: a hint, no fact."""
    name = model.lower()
    return bool(_TAKES_IMAGES.search(name)) and not _TEXT_ONLY.search(name)
