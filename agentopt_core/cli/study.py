"""`study`: many runs as one question, from a file; watched, gone on with, exported."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import get_args

from rich.console import Console
from rich.table import Table
from rich.text import Text

from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, print_json, workbench
from agentopt_core.cli.study_progress import StudyProgress
from agentopt_core.commands import Command
from agentopt_core.studies.export import StudyFormat, cells, headings
from agentopt_core.studies.folder import StudyFolder
from agentopt_core.studies.plan import KINDS, read_study
from agentopt_core.studies.runner import StudyRunner
from agentopt_core.studies.view import StudyView
from agentopt_core.workbench import Workbench


def register(subparsers: Subparsers) -> None:
    """Add `study` and the commands below it."""
    parser = add_command(
        subparsers, "study", run_list, "many runs as one question: ablation, sweep, models, transfer, agents",
        "study run docs/studies/ablation.toml",
    )  # fmt: skip
    below = parser.add_subparsers(dest="study_command", required=True, metavar="COMMAND")
    run = add_command(
        below,
        "run",
        run_file,
        "run the study of a file to its end, or go on with it",
        "study run docs/studies/sweep.toml",
    )
    run.add_argument("file", type=Path, help="a study file (TOML); examples are in docs/studies")
    run.add_argument("--new", action="store_true", help="begin anew even if a study of this file was begun before")
    resume = add_command(
        below, "resume", run_resume, "go on with a study; what is measured is not repeated", "study resume ID"
    )
    listing = add_command(below, "list", run_list, "list all studies, newest first", "study list --json")
    show = add_command(below, "show", run_show, "show the table of a study, as far as it is measured", "study show ID")
    export = add_command(below, "export", run_export, "print the table of a study", "study export ID --format latex")
    export.add_argument("--format", choices=get_args(StudyFormat), default="md", help="Markdown, CSV or LaTeX")
    export.add_argument("--to", type=Path, metavar="FILE", help="write it there (default: standard output)")
    stop = add_command(below, "stop", run_stop, "stop a study and its runs; it can be gone on with", "study stop ID")
    pause = add_command(below, "pause", run_pause, "pause a study and its runs until resumed", "study pause ID")
    for one in (resume, show, export, stop, pause):
        one.add_argument("study_id", metavar="ID", help="study id, or its beginning")
    for one in (run, resume):
        one.add_argument(
            "--parallel", type=_positive, metavar="N", help="runs at the same time (default: one per core)"
        )
    for one in (run, resume, listing, show):
        add_json(one)
    for one in (run, resume, listing, show, export, stop, pause):
        add_home(one)
    work = add_command(
        below, "work", run_work, "run a study's folder quietly, as the dashboard does", "study work FOLDER"
    )
    work.add_argument("folder", type=Path, help="the study's folder")


def run_file(args: argparse.Namespace) -> int:
    """Make the study, or find the one that asks the same, and run it here."""
    bench = workbench(args)
    file = read_study(args.file)
    folder = None if args.new else bench.same_study(file)
    if folder is None:
        folder = bench.make_study(file, "command line")
    else:
        print(f"Going on with study {folder.study_id} of the same file; --new begins anew.", file=sys.stderr)
    return _run_here(bench, folder, args)


def run_resume(args: argparse.Namespace) -> int:
    """Unpause a study that is at work elsewhere, or run it here."""
    bench = workbench(args)
    folder = bench.study_folder(args.study_id)
    if folder.holder() is not None:
        bench.go_on_with_study(folder.study_id, "command line")
        print(f"Asked {folder.study_id} to go on.")
        return 0
    return _run_here(bench, folder, args)


def _run_here(bench: Workbench, folder: StudyFolder, args: argparse.Namespace) -> int:
    """A first Ctrl+C stops the study and its runs in good order, a second one ends this process at once."""

    def stop(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        folder.commands.append(Command(kind="stop", by="Ctrl+C"))

    signal.signal(signal.SIGINT, stop)
    with StudyProgress(folder, sys.stderr) as progress:
        ended = StudyRunner(folder, bench, parallel=args.parallel, listen=progress.take).run()
    _print(bench.study(folder.study_id), as_json=args.json)
    if ended.end != "done":
        print(f"agentopt: {ended.reason}", file=sys.stderr)
    study = bench.study(folder.study_id)
    return 0 if ended.end == "done" and study.table.measured == study.table.planned else 1


def run_work(args: argparse.Namespace) -> int:
    """The process that the dashboard launches for a study."""
    folder = StudyFolder(args.folder)
    bench = Workbench(args.folder.parent.parent, live=False)
    StudyRunner(folder, bench).run()
    return 0


def run_list(args: argparse.Namespace) -> int:
    """Print all studies."""
    studies = workbench(args).studies()
    if args.json:
        print_json([one.model_dump(mode="json") for one in studies])
        return 0
    if not studies:
        print("No studies yet. Start one with: python -m agentopt_core study run docs/studies/ablation.toml")
        return 0
    table = Table(box=None, pad_edge=False)
    for title in ("study", "name", "kind", "status", "runs", "seeds", "task sets"):
        table.add_column(title, no_wrap=title == "study", overflow="fold")
    for one in studies:
        kind = KINDS[one.kind][0] if one.kind else ""
        row = (one.study_id, one.title, kind, one.status or f"damaged: {one.reason}", f"{one.ended}/{one.planned}",
               str(one.seeds), ", ".join(one.task_sets))  # fmt: skip
        table.add_row(*map(Text, row))
    _console().print(table)
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Print one study."""
    _print(workbench(args).study(args.study_id), as_json=args.json)
    return 0


def run_export(args: argparse.Namespace) -> int:
    """Print or write the table."""
    data = workbench(args).export_study(args.study_id, args.format)
    if args.to is None:
        sys.stdout.buffer.write(data)
    else:
        args.to.write_bytes(data)
        print(f"Wrote {args.to}.", file=sys.stderr)
    return 0


def run_stop(args: argparse.Namespace) -> int:
    """Ask a study's process to stop."""
    study_id = workbench(args).command_study(args.study_id, "stop", "command line")
    print(f"Asked {study_id} to stop. Go on with: python -m agentopt_core study resume {study_id}")
    return 0


def run_pause(args: argparse.Namespace) -> int:
    """Ask a study's process to pause."""
    study_id = workbench(args).command_study(args.study_id, "pause", "command line")
    print(f"Asked {study_id} to pause. Go on with: python -m agentopt_core study resume {study_id}")
    return 0


def _print(study: StudyView, *, as_json: bool) -> None:
    if as_json:
        print_json(study.model_dump(mode="json"))
        return
    made = study.summary
    console = _console()
    console.print(Text(f"{made.title} ({made.study_id}): {made.status}, {made.reason}"))
    table = Table(box=None, pad_edge=False)
    for title in headings(study):
        table.add_column(title, overflow="fold")
    for row in study.table.rows:
        table.add_row(*map(Text, cells(study, row)))
    console.print(table)
    for one in (*study.answer, *study.notes):
        console.print(Text(one))
    for row in study.table.rows:
        for problem in row.problems:
            console.print(Text(f"Missing: {row.title}, {row.tasks_title}, {problem}"))


def _console() -> Console:
    console = Console()
    # A pipe has no width: there nothing is folded or cut.
    return console if console.is_terminal else Console(width=240)


def _positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("from 1 to 64")
    return number
