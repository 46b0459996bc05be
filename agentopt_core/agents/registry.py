"""Which agent a run's configuration names, and how it is made. A further agent is one file and one line here."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

from agentopt_core.agents.function_calling import FunctionCallingAgent
from agentopt_core.agents.react import ReActAgent
from agentopt_core.config import FUNCTION_CALLING, REACT, AgentConfig
from agentopt_core.errors import ConfigError
from agentopt_core.prompts import PromptBook
from agentopt_core.seams import Agent, ChatModel, Sandbox

AgentFactory = Callable[[ChatModel, Sandbox, AgentConfig, PromptBook, "Path | None"], Agent]
"""Makes an agent from the model it asks, the sandbox it calls functions in, its limits, the prompt texts and the folder
of the tasks' attachments (None where they are not at hand). A class whose constructor takes these is one."""

AGENTS: dict[str, AgentFactory] = {FUNCTION_CALLING: FunctionCallingAgent, REACT: ReActAgent}
"""The agents that ship with the project, by name."""


def make_agent(
    model: ChatModel, sandbox: Sandbox, config: AgentConfig, prompts: PromptBook, files: Path | None = None
) -> Agent:
    """The agent of that configuration. Raises: ConfigError when its own code cannot be loaded or made."""
    factory = factory_of(config.kind)
    if config.kind in AGENTS:
        return factory(model, sandbox, config, prompts, files)
    try:
        agent = factory(model, sandbox, config, prompts, files)
    except Exception as error:
        raise ConfigError(
            f"The agent '{config.kind}' cannot be made: {type(error).__name__}: {error}.",
            "It is called with model, sandbox, config, prompts and files; see docs/how-it-works.md.",
        ) from error
    if not callable(getattr(agent, "solve", None)):
        raise ConfigError(
            f"What '{config.kind}' gives has no method 'solve'.", "Return an object that keeps seams.Agent's promise."
        )
    return agent


def factory_of(kind: str) -> AgentFactory:
    """The factory of a shipped agent, or the object that `module:object` names, imported from where Python looks.

    The module's code runs in this process, with its rights and outside the sandbox: it is the user's own, never a
    model's or an upload's. Raises: ConfigError with the next move when there is none.
    """
    if kind in AGENTS:
        return AGENTS[kind]
    place, _, name = kind.partition(":")
    try:
        module = importlib.import_module(place)
    except Exception as error:
        looked = "the folder of app.py, or an installed package"
        raise ConfigError(
            f"The agent's module '{place}' cannot be imported: {type(error).__name__}: {error}.",
            f"Put it where Python finds it ({looked}; PYTHONPATH names further folders).",
        ) from error
    factory = getattr(module, name, None)
    if not callable(factory):
        where = getattr(sys.modules.get(place), "__file__", None) or place
        raise ConfigError(
            f"The module '{place}' has no class or function '{name}'.", f"Name one that {Path(where).name} defines."
        )
    made: AgentFactory = factory
    return made
