"""An agent of one's own, as docs/how-it-works.md describes it: it asks once and takes what it is told."""

from __future__ import annotations

from pathlib import Path

from agentopt_core.chat import ChatRequest, Purpose
from agentopt_core.config import AgentConfig
from agentopt_core.functions import FunctionSet
from agentopt_core.prompts import PromptBook
from agentopt_core.rollouts import Answer, Message, Rollout
from agentopt_core.seams import ChatModel, Sandbox
from agentopt_core.tasks import Question


class OneShot:
    """Puts the question to the model and answers with its reply; functions are not used."""

    def __init__(
        self, model: ChatModel, sandbox: Sandbox, config: AgentConfig, prompts: PromptBook, files: Path | None
    ) -> None:
        self._model = model

    async def solve(self, question: Question, functions: FunctionSet, evaluation: int) -> Rollout:
        purpose = Purpose(role="agent", evaluation=evaluation, task_id=question.id)
        asked = Message(role="user", content=question.text)
        reply = await self._model.complete(ChatRequest(purpose=purpose, messages=(asked.as_request(),)))
        said = Message(role="assistant", content=str(reply.message.get("content") or ""))
        return Rollout(
            task_id=question.id,
            messages=(asked, said),
            answer=Answer(text=said.content, source="message"),
            usage=reply.usage,
        )


def breaks(*_: object) -> object:
    raise ValueError("not today")


def gives_nothing(*_: object) -> object:
    return object()


NO_FACTORY = 7
