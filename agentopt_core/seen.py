"""What the optimizer saw: the exact text of a request, small enough to be kept, and what was chosen to stand in it."""

from __future__ import annotations

import base64
import binascii
import zlib

from agentopt_core.words import Word

MOST_CHARACTERS = 400_000
"""Of one request's text that are kept; the usual budget of 24,000 tokens makes some 100,000."""
_CUT = "\n\n[... {:,} characters of this request were not kept ...]\n\n"


class CauseCount(Word):
    """Failures of one cause (see optimizer/causes.py), or `solved` tasks: how many were shown, and of how many."""

    cause: str
    shown: int
    of: int


def pack(text: str) -> str:
    """The text as base64 of its deflated UTF-8; beyond `MOST_CHARACTERS` its middle is left out, and it says so."""
    if len(text) > MOST_CHARACTERS:
        half = MOST_CHARACTERS // 2
        text = text[:half] + _CUT.format(len(text) - 2 * half) + text[-half:]
    return base64.b64encode(zlib.compress(text.encode("utf-8", "replace"), 6)).decode("ascii")


def unpack(packed: str) -> str:
    """The text again; what is no packed text, or unpacks to more than any request can be, gives a sentence instead."""
    most = 4 * (MOST_CHARACTERS + len(_CUT) + 20)
    try:
        opened = zlib.decompressobj()
        data = opened.decompress(base64.b64decode(packed, validate=True), most)
    except (binascii.Error, zlib.error, ValueError) as error:
        return f"(The text of this request cannot be read: {error}.)"
    if opened.unconsumed_tail:
        return "(The text of this request is longer than any request can be, so it is not shown.)"
    return data.decode("utf-8", "replace")
