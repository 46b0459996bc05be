"""One trainer process: a run folder in, a finished (or failed) run out."""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from importlib import metadata
from typing import TypeVar

import agentopt_core
from agentopt_core.agents.reach import within_reach
from agentopt_core.config import RunConfig
from agentopt_core.errors import AgentOptError, BudgetExhausted, RunBusy
from agentopt_core.events import Event, RunFailed, RunFinished, RunStarted, Warned
from agentopt_core.functions import FunctionSet
from agentopt_core.history.journal import JournalWriter, read_journal
from agentopt_core.history.run_folder import RunFolder
from agentopt_core.llm import Models, open_models
from agentopt_core.rollouts import LEVELS, PROTECTION, Isolation, Proportion, SandboxLevel, Usage
from agentopt_core.sandbox import find_isolation, open_sandbox
from agentopt_core.seams import EventSink, Grader, Sandbox
from agentopt_core.training.assembly import Splits, assemble
from agentopt_core.training.control import StopNow
from agentopt_core.training.graders import open_grader
from agentopt_core.training.held_out import RULES
from agentopt_core.training.recorded import Recorded
from agentopt_core.training.shelf import SolvedBefore
from agentopt_core.training.state import TrainState
from agentopt_core.training.stopping import StopReason
from agentopt_core.words import JsonObject

T = TypeVar("T")

JUDGEMENTS = "judgements.ndjson"
"""The file in a run's folder that holds what its judge has said."""
_UNMEASURED = "The test split was opened, but not measured to the end."
_NO_CREDIT = "The credit of the functions was not measured to the end."
_HANDOVER_S = 20.0
"""Seconds an earlier trainer may take to clear away its sandbox after the last event of its run."""


class Broadcast:
    """An event goes to the journal first and then to whoever listens (a progress bar)."""

    def __init__(self, sinks: Sequence[EventSink]) -> None:
        self._sinks = sinks

    def emit(self, event: Event) -> None:
        """Hand the event to each sink in order."""
        for sink in self._sinks:
            sink.emit(event)


def run_training(
    folder: RunFolder, environ: Mapping[str, str], listeners: Sequence[EventSink] = ()
) -> RunFinished | RunFailed:
    """Train the run of that folder, from its start or from where its journal ends, and return the last event.

    `environ` holds the API keys. Raises: RunBusy when another trainer works on it; DiskFull; ProtocolError when the
    journal is damaged. Everything else that stops a run becomes its last event.
    """
    folder.config()  # what is no run is refused before anything is written into it
    asked_at = time.time()
    with folder.hold(patience_s=_HANDOVER_S):
        solved = SolvedBefore()
        recorded = Recorded(solved.passing(event for _, event in read_journal(folder.journal)))
        if recorded.started_at > asked_at:
            raise RunBusy(
                f"Another trainer has just worked on run {folder.run_id}.", "Look at it before you resume it again."
            )
        with JournalWriter(folder.journal) as journal:
            sink = Broadcast([journal, solved, *listeners])
            try:
                return asyncio.run(_Session(folder, environ, sink, recorded, solved).run())
            except AgentOptError as error:
                failed = RunFailed(message=error.message, hint=error.hint)
                sink.emit(failed)
                return failed


class _Session:
    """The parts of one trainer process and their ends."""

    def __init__(
        self,
        folder: RunFolder,
        environ: Mapping[str, str],
        sink: EventSink,
        recorded: Recorded,
        solved: SolvedBefore,
    ) -> None:
        self._folder = folder
        self._environ = environ
        self._sink = sink
        self._recorded = recorded
        self._solved = solved
        self._config: RunConfig = folder.config()
        tasks = folder.tasks()
        endpoint = self._config.agent.endpoint
        self._tasks, self._skipped = within_reach(tasks.of("train"), endpoint)
        validation, _ = within_reach(tasks.of("val"), endpoint)
        self._validation = validation if self._config.training.validation != "off" else ()
        test, skipped = within_reach(tasks.of("test"), endpoint)
        self._test = test if self._config.training.open_test else ()
        self._sealed = len(test) - len(self._test)
        for reason, n in skipped.items():
            self._skipped[reason] = self._skipped.get(reason, 0) + n
        self._began = time.monotonic()

    async def run(self) -> RunFinished:
        config = self._config
        isolation = await asyncio.to_thread(find_isolation)
        sandbox = open_sandbox(config.sandbox, isolation, self._folder.files, notebooks=config.concurrency)
        try:
            self._sink.emit(self._started(sandbox.level, isolation))
            self._warn_of_weaker_isolation(sandbox.level)
            self._warn_of_skipped_tasks()
            self._warn_of_missing_shell(sandbox.level)
            models = open_models(self._config, self._sink, self._environ, self._recorded.usage)
            try:
                judgements = self._folder.path / JUDGEMENTS
                async with open_grader(
                    config, (*self._tasks, *self._validation, *self._test), sandbox, models.judge, judgements
                ) as grader:
                    return await self._train(models, sandbox, grader)
            finally:
                await models.close()
        finally:
            await sandbox.close()

    async def _train(self, models: Models, sandbox: Sandbox, grader: Grader) -> RunFinished:
        parts = assemble(
            config=self._config,
            folder=self._folder,
            splits=Splits(self._tasks, self._validation, self._test),
            models=models,
            sandbox=sandbox,
            grader=grader,
            sink=self._sink,
            recorded=self._recorded,
            solved=self._solved,
        )
        trainer, control = parts.trainer, parts.control
        ended: list[StopReason] = []
        unmeasured = _UNMEASURED

        async def to_the_end() -> None:
            nonlocal unmeasured
            result = await trainer.train()
            ended.append(result.reason)
            if result.reason.kind in RULES:
                await parts.held_out.measure(result.state)
                unmeasured = _NO_CREDIT
                await control.heard()
                await parts.credits.at_the_end(result.state.best)

        try:
            await until(control.listen, to_the_end)
        except (BudgetExhausted, StopNow) as cut:
            if ended:  # training is over: what was cut off is what is measured after it
                hint = "" if isinstance(cut, BudgetExhausted) else "Resume the run to measure the rest."
                self._sink.emit(Warned(message=f"{unmeasured} {cut}", hint=hint))
            else:
                ended.append(StopReason("budget" if isinstance(cut, BudgetExhausted) else "stopped", str(cut)))
        reason = ended[0]
        finished = self._finished(trainer.state, reason, models.meter.spent).with_(dropped=parts.held_out.dropped)
        self._sink.emit(finished)
        return finished

    def _warn_of_weaker_isolation(self, level: SandboxLevel) -> None:
        before = self._recorded.level
        if before is not None and LEVELS.index(level) > LEVELS.index(before):
            message = f"Functions ran isolated at level '{before}' before and run at '{level}' now: {PROTECTION[level]}"
            self._sink.emit(Warned(message=message))

    def _warn_of_skipped_tasks(self) -> None:
        for reason, n in self._skipped.items():
            tasks = "1 task is" if n == 1 else f"{n} tasks are"
            self._sink.emit(Warned(message=f"{tasks} skipped, neither right nor wrong: each {reason}."))

    def _warn_of_missing_shell(self, level: SandboxLevel) -> None:
        if self._config.agent.shell and level != "namespaces":
            needs = f"it needs isolation at level 'namespaces', and functions run at '{level}' here"
            self._sink.emit(Warned(message=f"The agent is offered no shell: {needs}."))

    def _started(self, level: SandboxLevel, isolation: Isolation) -> RunStarted:
        return RunStarted(
            run_id=self._folder.run_id,
            resumed=not self._recorded.is_empty,
            pid=os.getpid(),
            train_tasks=len(self._tasks),
            val_tasks=len(self._validation),
            test_tasks=len(self._test),
            sealed_tasks=self._sealed,
            skipped=self._skipped,
            level=level,
            isolation=isolation.sentence,
            environment=environment(),
        )

    def _finished(self, state: TrainState | None, reason: StopReason, usage: Usage) -> RunFinished:
        nothing = Proportion(correct=0, n=0)
        return RunFinished(
            stop=reason.kind,
            reason=reason.sentence,
            best_evaluation=state.best.index if state else 0,
            functions=state.best.functions if state else FunctionSet(),
            baseline=state.baseline.result if state and not state.renewals else nothing,
            best=state.best.result if state else nothing,
            usage=usage,
            wall_s=self._recorded.work_s + time.monotonic() - self._began,
        )


async def until(listen: Callable[[], Awaitable[None]], work: Callable[[], Awaitable[T]]) -> T:
    """Do the work while listening; what the listener raises ends the work at once and goes on to the caller."""

    async def doing() -> T:
        return await work()

    async def listening() -> None:
        await listen()

    worker, listener = asyncio.create_task(doing()), asyncio.create_task(listening())
    try:
        await asyncio.wait({worker, listener}, return_when=asyncio.FIRST_COMPLETED)
        if worker.done():
            return worker.result()
        worker.cancel()
        await asyncio.wait({worker})
        listener.result()
        raise asyncio.CancelledError
    finally:
        for task in (worker, listener):
            task.cancel()
        await asyncio.gather(worker, listener, return_exceptions=True)


def environment() -> JsonObject:
    """What a run was made with, for its record: versions and platform, nothing personal."""
    versions: JsonObject = {name: metadata.version(name) for name in ("openai", "duckdb", "numpy", "sympy", "pandas")}
    return {
        "agentopt": agentopt_core.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        **versions,
    }
