"""The grader of a run, opened with what it needs and closed with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from agentopt_core.config import RunConfig
from agentopt_core.errors import ConfigError
from agentopt_core.grading import PythonGrader, StandardGrader
from agentopt_core.grading.judge import JudgeGrader, JudgeWhereAsked, require_judge
from agentopt_core.grading.judgements import Judgements
from agentopt_core.rollouts import Answer, Score
from agentopt_core.seams import ChatModel, Grader, Sandbox
from agentopt_core.tasks import AnswerType, Task


@asynccontextmanager
async def open_grader(
    config: RunConfig, tasks: tuple[Task, ...], sandbox: Sandbox, judge: ChatModel | None, judgements: Path
) -> AsyncIterator[Grader]:
    """The grader that a run is configured for. `judgements` is the file in which a judge's verdicts are kept.

    Raises: ConfigError when it cannot grade these tasks, before any is run; DiskFull.
    """
    grader = config.grader
    require_judge(grader, tasks)
    with ExitStack() as opened:

        def judging() -> JudgeGrader:
            if judge is None or grader.judge is None:
                raise ConfigError("No model is named as judge.", "Name one with --judge-model.")
            kept = opened.enter_context(Judgements(judgements))
            return JudgeGrader(judge, grader.judge.model, config.prompts, kept)

        match grader.kind:
            case "python":
                users = PythonGrader(sandbox, grader.code)
                await users.check(tasks)
                yield users
            case "judge":
                yield judging()
            case "auto":
                yield JudgeWhereAsked(judging(), StandardGrader()) if grader.judge else StandardGrader()
            case kind:
                yield OneKind(kind)


class OneKind:
    """Grades all tasks as if they had the same answer type."""

    def __init__(self, kind: AnswerType) -> None:
        self._kind = kind
        self._grader = StandardGrader()

    async def grade(self, task: Task, answer: Answer) -> Score:
        """Judge one answer; see `seams.Grader`."""
        return await self._grader.grade(task.with_(answer_type=self._kind), answer)
