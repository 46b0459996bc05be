"""One rollout from its question to its end, whatever kind of agent plays it."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agentopt_core.agents.conversation import Conversation
from agentopt_core.agents.files import SeenFile, TaskFiles
from agentopt_core.config import AgentConfig
from agentopt_core.errors import InfrastructureFault, RequestRefused
from agentopt_core.functions import FunctionSet
from agentopt_core.prompts import PromptBook
from agentopt_core.rollouts import Answer, Rollout, RolloutEnd, ToolUse, Usage
from agentopt_core.seams import ChatModel, Sandbox
from agentopt_core.tasks import Question

NO_ANSWER = Answer()
MAX_NOTE = 500
"""Characters of a model's own words in a rollout's note."""


@dataclass(frozen=True, slots=True)
class End:
    """How an episode ended."""

    kind: RolloutEnd
    answer: Answer = NO_ANSWER
    note: str = ""


class Episode(Protocol):
    """The state of one rollout."""

    conversation: Conversation
    usage: Usage

    @property
    def uses(self) -> list[ToolUse]:
        """What was executed, in order."""
        ...

    async def play(self) -> End:
        """Turn by turn until an answer or the cap."""
        ...

    async def close(self) -> None:
        """Forget what the rollout's Python holds."""
        ...


class EpisodicAgent(ABC):
    """An agent that plays each rollout as an episode. One agent serves any number of rollouts at a time."""

    def __init__(
        self,
        model: ChatModel,
        sandbox: Sandbox,
        config: AgentConfig,
        prompts: PromptBook,
        files: Path | None = None,
    ) -> None:
        """`files`: the folder in which the paths of the tasks' attachments start; None where they are not at hand."""
        self._files = TaskFiles(files, config.endpoint)
        self._model = model
        self._sandbox = sandbox
        self._config = config
        self._prompts = prompts

    @abstractmethod
    def _episode(
        self, question: Question, files: tuple[SeenFile, ...], functions: FunctionSet, evaluation: int
    ) -> Episode:
        """The state of a rollout that begins."""

    async def solve(self, question: Question, functions: FunctionSet, evaluation: int) -> Rollout:
        """One rollout, unscored. Whatever model and functions do is data in it; a fault of the infrastructure too.

        Raises: SetupError and BudgetExhausted. Cancelling it cancels the request and the calls in flight.
        """
        return await rollout_of(
            question, self._files, lambda files: self._episode(question, files, functions, evaluation)
        )


async def rollout_of(
    question: Question, task_files: TaskFiles, begin: Callable[[tuple[SeenFile, ...]], Episode]
) -> Rollout:
    """Play one episode, unscored. Whatever model and functions do is data in it; a fault of the infrastructure too.

    Raises: SetupError and BudgetExhausted. Cancelling it cancels the request and the calls in flight.
    """
    began = time.monotonic()
    try:
        files = await task_files.seen(question)
    except InfrastructureFault as fault:
        return Rollout(task_id=question.id, ended="fault", note=str(fault), seconds=time.monotonic() - began)
    episode = begin(files)
    try:
        end = await episode.play()
    except InfrastructureFault as fault:
        end = End("fault", note=str(fault))
    except RequestRefused as refusal:
        end = End("refused", note=str(refusal))
    finally:
        await episode.close()
    return Rollout(
        task_id=question.id,
        messages=episode.conversation.record,
        calls=tuple(episode.uses),
        answer=end.answer,
        ended=end.kind,
        note=end.note,
        usage=episode.usage,
        seconds=time.monotonic() - began,
    )


def refusal_of(finish_reason: str, refusal: str) -> End | None:
    """The end where the endpoint or the model refused to answer."""
    if finish_reason == "content_filter":
        return End("refused", note="The endpoint's content filter stopped the reply.")
    return End("refused", note=f"The model refused: {refusal[:MAX_NOTE]}") if refusal else None


def silence(cut_off: bool) -> str:
    """What is noted of a model that said nothing twice."""
    if cut_off:
        return "Two replies in a row were cut off before they said anything: allow more completion tokens."
    return "The model sent two empty replies in a row."
