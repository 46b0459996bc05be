"""Every text a model is sent, as files beside this one, readable and changeable without code.

`{{name}}` marks a place that is filled at run time. A run stores the texts it was trained with.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from agentopt_core.errors import ConfigError
from agentopt_core.words import Word

_PLACE = re.compile(r"\{\{([a-z_]+)\}\}")


class PromptBook(Word):
    """All prompt texts of a run by name (`agent_system`, `optimizer_step`, ...)."""

    texts: dict[str, str]

    def fill(self, prompt: str, /, **values: str) -> str:
        """The text with its places filled. Values are inserted as they are and never searched for places.

        A text that a run was stored without, because it is newer than the run, is the shipped one.
        """
        text = self.texts[prompt] if prompt in self.texts else default_prompts().texts[prompt]
        return _PLACE.sub(lambda place: values.get(place[1], place[0]), text).strip()

    def changed(self, texts: dict[str, str]) -> PromptBook:
        """This book with some texts replaced.

        Raises: ConfigError when a name is unknown, or a text lost a place the original has.
        """
        for name, text in texts.items():
            if name not in self.texts:
                raise ConfigError(f"There is no prompt '{name}'.", f"Prompts are: {', '.join(sorted(self.texts))}.")
            lost = set(_PLACE.findall(default_prompts().texts.get(name, ""))) - set(_PLACE.findall(text))
            if lost:
                places = ", ".join("{{" + place + "}}" for place in sorted(lost))
                raise ConfigError(f"Prompt '{name}' lost {places}.", "Put it back where its text should go.")
        return PromptBook(texts={**self.texts, **texts})


@cache
def default_prompts() -> PromptBook:
    """The texts this package ships, read once."""
    folder = Path(__file__).parent
    return PromptBook(texts={path.stem: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))})
