"""What a person sees while a run trains in a terminal, and the table at its end."""

from __future__ import annotations

from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from agentopt_core.cli.common import dollars, percent
from agentopt_core.config import DEMO_LABEL, RunConfig
from agentopt_core.events import Event
from agentopt_core.evidence import outcome_word
from agentopt_core.history.sentences import sentence
from agentopt_core.rollouts import Proportion, Usage
from agentopt_core.series import series_words
from agentopt_core.words import JsonObject


class ProgressBar:
    """Epoch, tasks done, accuracy, cost and time left of a run, from its events. An EventSink."""

    def __init__(self, config: RunConfig, stream: TextIO) -> None:
        self._console = Console(file=stream)
        self._epochs = config.training.epochs
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[accuracy]}"),
            TextColumn("{task.fields[cost]}"),
            TimeRemainingColumn(),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task = self._progress.add_task("starting", total=None, accuracy="", cost="")
        self._usage = Usage()
        self._epoch = 0
        self._done = self._correct = 0
        if config.is_demo:
            self._console.print(DEMO_LABEL, style="yellow", highlight=False)

    def __enter__(self) -> ProgressBar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def emit(self, event: Event) -> None:
        """Show what the event changes."""
        match event.kind:
            case "evaluation_started":
                self._done = self._correct = 0
                trained = "baseline" if event.evaluation == 0 else f"epoch {self._epoch + 1}/{self._epochs}"
                what = trained if event.split == "train" else f"{event.split} split"
                what = series_words(event.series) or what
                self._progress.reset(self._task, total=event.n, description=what)
                self._progress.update(self._task, accuracy="")
            case "rollout_finished":
                self._done += 1
                self._correct += event.rollout.correct
                accuracy = f"{100 * self._correct / self._done:.0f} % right"
                self._progress.update(self._task, advance=1, accuracy=accuracy)
            case "request_finished":
                self._usage += event.usage
                self._progress.update(self._task, cost=f"cost {dollars(self._usage.cost_usd)}")
            case "step_started":
                self._progress.update(self._task, description="optimizer step")
            case "verdict_reached":
                self._epoch = event.epoch
                self._say(outcome_word(event.verdict, event.evidence), event.reason, percent(event.candidate))
            case "review_requested":
                self._progress.update(self._task, description="waits for a review")
                self._say("waits", f"update {event.step}: decide with `python -m agentopt_core review`", "")
            case "review_decided":
                self._say("decided", f"update {event.step}: {event.choice} by {event.by}. {event.reason}", "")
            case "command_declined":
                self._say("declined", f"'{event.command}' from {event.by}: {event.reason}", "")
            case "proposal_refused":
                self._say("refused", event.refusal.reason, event.refusal.name)
            case "proposals_screened":
                said = sentence(event)
                self._say("screened", said.text if said else "", "")
            case "warned":
                self._say("warning", event.message, event.hint)
            case _:
                pass

    def _say(self, mark: str, sentence: str, figure: str) -> None:
        style = {"kept": "green", "accepted": "green", "baseline": "bold", "warning": "yellow", "waits": "yellow"}.get(
            mark, "dim"
        )
        self._console.print(Text.assemble((f"{mark:<12}", style), f"{figure}  " if figure else "", sentence))


def print_report(result: JsonObject, exported: object) -> None:
    """The run's table of epochs, what was kept and rolled back, and where the functions were written."""
    console = Console()
    if result["demo"]:
        console.print(DEMO_LABEL, style="yellow", highlight=False)
    table = Table("epoch", "training accuracy", "verdict", "functions", title=str(result["run_id"]))
    epochs = result["epochs"]
    assert isinstance(epochs, list)
    for row in epochs:
        assert isinstance(row, dict)
        names = row["functions"]
        assert isinstance(names, list)
        table.add_row(
            str(row["epoch"]),
            percent(Proportion(correct=_int(row["correct"]), n=_int(row["n"]))),
            Text(str(row["outcome"])),
            Text(", ".join(map(str, names)) or "–"),
        )
    console.print(table)
    console.print(_test_line(result), highlight=False, markup=False)
    cost = result["cost_usd"]
    console.print(
        f"{result['status']}: {result['stop_sentence'] or result['status_reason']}\n"
        f"{result['requests']} requests, {result['tokens']} tokens, "
        f"cost {dollars(cost if isinstance(cost, float) else None)}, {float(str(result['wall_s'] or 0)):.1f} s of work",
        highlight=False,
        markup=False,
    )
    if exported is not None:
        console.print(f"Learned functions: {exported}", highlight=False, markup=False, soft_wrap=True)


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0


def _test_line(result: JsonObject) -> str:
    """What the test split showed, in a sentence."""
    test = result["test"]
    assert isinstance(test, dict)
    if not test["tasks"]:
        return "Fit, no hold-out: no test task was run, so nothing shows what was learned beyond these tasks."
    if not test["n"]:
        return f"The figures are fit only: {test['label']} ({test['tasks']} tasks)."
    start = _share_with_interval(test["baseline"], test["baseline_interval"])
    chosen = _share_with_interval(test["best"], test["best_interval"])
    return (
        f"Held-out test, {test['n']} tasks that training never saw: {start} at the start, {chosen} with the functions "
        f"({test['fixed']} fixed, {test['broken']} broken, exact p = {test['p_value']:.2g}; sets tried in training: "
        f"{test['candidates']})."
    )


def _share_with_interval(share: object, interval: object) -> str:
    if not isinstance(share, float) or not isinstance(interval, list):
        return "–"
    low, high = (100 * float(str(edge)) for edge in interval)
    return f"{100 * share:.1f} % (95 %: {low:.0f}-{high:.0f})"
