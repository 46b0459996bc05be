"""The grader of a run, opened with what it needs and closed with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

from agentopt_core.config import RunConfig
from agentopt_core.errors import ConfigError
from agentopt_core.grading import MathPool, PythonGrader, StandardGrader
from agentopt_core.grading.judge import JudgeGrader, JudgeWhereAsked, require_judge
from agentopt_core.grading.judgements import Judgements
from agentopt_core.seams import ChatModel, Grader, Sandbox
from agentopt_core.tasks import Task


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
            case kind:
                standard = StandardGrader(kind, opened.enter_context(MathPool()))
                yield JudgeWhereAsked(judging(), standard) if grader.judge else standard
