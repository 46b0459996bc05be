"""`tasks`: look into files of tasks, import them, and look over what was imported."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from agentopt_core.cli.common import Subparsers, add_command, add_home, add_json, print_json, workbench
from agentopt_core.errors import ConfigError, TaskSetError
from agentopt_core.evaluation.power import smallest_gain
from agentopt_core.importing import Draft, Issue, Profile, SplitPlan
from agentopt_core.words import JsonObject
from agentopt_core.workbench import Workbench

SHOWN_ISSUES = 20
"""Issues a terminal lists; `--json` has them all."""


def register(subparsers: Subparsers) -> None:
    """Add `tasks import`, `tasks list`, `tasks show` and `tasks check`."""
    group = subparsers.add_parser("tasks", help="import, list, show and check task sets")
    commands = group.add_subparsers(dest="tasks_command", required=True, metavar="COMMAND")
    taking = add_command(
        commands,
        "import",
        run_import,
        "read a file, folder or zip of tasks; nothing is saved without --yes",
        "tasks import gsm8k/test.jsonl --yes\n"
        "  python -m agentopt_core tasks import mine.xlsx --map question=Frage --map answer=Antwort --yes",
    )
    taking.add_argument("path", type=Path, metavar="PATH", help="a file, a folder or a .zip")
    taking.add_argument("--format", metavar="F", help="the format, where it is not to be recognised from the keys")
    taking.add_argument("--map", action="append", default=[], metavar="FIELD=COLUMN", help="which column holds a field")
    taking.add_argument("--name", default="", help="what people call the set (default: the file's name)")
    taking.add_argument("--split", metavar="T/V/T", help="draw splits anew, in per cent of train/val/test: 60/20/20")
    taking.add_argument("--stratify", choices=("auto", "level", "subject", "none"), default="auto", help="with --split")
    taking.add_argument("--seed", type=int, default=0, metavar="S", help="with --split")
    taking.add_argument("--strict", action="store_true", help="refuse the whole file for one bad row")
    taking.add_argument("--yes", action="store_true", help="save the task set")
    listing = add_command(commands, "list", run_list, "list all task sets", "tasks list --json")
    show = add_command(commands, "show", run_show, "show one task set and its first tasks", "tasks show SET --json")
    show.add_argument("taskset_id", metavar="SET")
    show.add_argument("--offset", type=int, default=0, metavar="N", help="tasks to pass over")
    show.add_argument("--limit", type=int, default=10, metavar="N", help="tasks to show")
    check = add_command(
        commands, "check", run_check, "check every gold answer and file of a set, and its splits", "tasks check SET"
    )
    check.add_argument("taskset_id", metavar="SET")
    for command in (taking, listing, show, check):
        add_home(command)
        add_json(command)


def run_import(args: argparse.Namespace) -> int:
    """Read the tasks, say what they are, and save them if asked to."""
    plan, mapping = split_plan(args), mapping_from(args.map)
    bench = workbench(args)
    draft = _read(bench, args, mapping)
    try:
        if args.strict and draft.left_out:
            first = next(issue for issue in draft.issues if issue.severity == "error")
            raise TaskSetError(
                f"{args.path.name}: {draft.left_out} rows cannot be used, the first is row {first.row}: {first.reason}",
                "Mend them, or leave out --strict to import the others.",
            )
        profile = bench.split_preview(draft, plan) if plan else draft.profile
        saved = bench.save_task_set(draft, args.name, plan) if args.yes else None
    finally:
        bench.discard_draft(draft)
    if args.json:
        print_json(_import_result(draft, profile, saved))
        return 0
    console = Console(highlight=False)
    console.print(Text(f"{args.path.name}: {draft.title}. {draft.reason}"))
    _print_profile(console, profile)
    _print_issues(console, draft.issues, draft.left_out, draft.warned)
    if saved:
        console.print(Text(f"Saved as {saved}. Train on it: python -m agentopt_core train --tasks {saved}"))
    else:
        console.print("Nothing was saved: add --yes to save it.")
    return 0


def run_list(args: argparse.Namespace) -> int:
    """Print the task sets."""
    sets = workbench(args).task_sets()
    if args.json:
        print_json([one.model_dump(mode="json") for one in sets])
        return 0
    table = Table(box=None, pad_edge=False)
    for title in ("set", "tasks", "with answer", "splits", "name"):
        table.add_column(title, no_wrap=title == "set", overflow="fold")
    for one in sets:
        splits = ", ".join(f"{n} {split}" for split, n in one.splits.items())
        name = f"{one.name} (damaged: {one.problem})" if one.problem else one.name
        table.add_row(Text(one.id), str(one.tasks), str(one.scorable), splits, Text(name))
    console = Console()
    (console if console.is_terminal else Console(width=200)).print(table)
    return 0


def run_show(args: argparse.Namespace) -> int:
    """Print one set and some of its tasks."""
    bench = workbench(args)
    summary = bench.task_summary(args.taskset_id)
    profile = bench.task_profile(args.taskset_id)
    tasks = bench.task_page(args.taskset_id, max(0, args.offset), max(0, args.limit))
    if args.json:
        shown = [task.model_dump(mode="json", exclude={"meta"}) for task in tasks]
        print_json({**summary.model_dump(mode="json"), "profile": profile.model_dump(mode="json"), "shown": shown})
        return 0
    console = Console(highlight=False)
    console.print(Text(f"{summary.name} ({summary.id}). {summary.description}".strip()))
    _print_profile(console, profile)
    table = Table("task", "split", "question", "answer", box=None, pad_edge=False)
    for task in tasks:
        question, answer = " ".join(task.question.split()), "–" if task.answer is None else task.answer
        table.add_row(Text(task.id[:40]), task.split, Text(_short(question, 100)), Text(_short(answer, 40)))
    console.print(table)
    return 0


def run_check(args: argparse.Namespace) -> int:
    """Check a set; the exit code is 1 where something is wrong with it."""
    bench = workbench(args)
    issues = bench.check_task_set(args.taskset_id)
    errors = sum(issue.severity == "error" for issue in issues)
    profile = bench.task_profile(args.taskset_id)
    if args.json:
        print_json(
            {
                "taskset_id": args.taskset_id,
                "ok": not errors,
                "tasks": profile.tasks,
                "scorable": profile.scorable,
                "leaks": profile.leaks,
                "issues": [issue.model_dump(mode="json") for issue in issues],
            }
        )
    else:
        console = Console(highlight=False)
        _print_profile(console, profile)
        _print_issues(console, issues, errors, len(issues) - errors)
    return 1 if errors else 0


def split_plan(args: argparse.Namespace) -> SplitPlan | None:
    """The plan of `--split`; None where the file's own splits stay. Raises: ConfigError."""
    if args.split is None:
        return None
    hint = "Write the shares of train, val and test in per cent, for example --split 60/20/20."
    try:
        train, val, test = (float(part) / 100 for part in args.split.split("/"))
        return SplitPlan(train=train, val=val, test=test, seed=args.seed, by=args.stratify)
    except ValidationError as error:
        reason = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ConfigError(f"--split {args.split} cannot be used: {reason}.", hint) from error
    except ValueError as error:
        raise ConfigError(f"--split {args.split} is not three numbers.", hint) from error


def mapping_from(pairs: Sequence[str]) -> dict[str, str] | None:
    """Task field -> column of `--map`; None without any. Raises: ConfigError."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        field, equals, column = pair.partition("=")
        if not equals or not field.strip():
            raise ConfigError(f"--map {pair} names no column.", "Write --map question=COLUMN.")
        mapping[field.strip()] = column
    return mapping or None


def _read(bench: Workbench, args: argparse.Namespace, mapping: dict[str, str] | None) -> Draft:
    console = Console(file=sys.stderr)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,} rows"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        shown = bar.add_task(f"Reading {args.path.name}", total=None)

        def progress(rows: int, total: int | None) -> None:
            bar.update(shown, completed=rows, total=total)

        return bench.read_path(args.path, format=args.format, mapping=mapping, progress=progress)


def _import_result(draft: Draft, profile: Profile, saved: str | None) -> JsonObject:
    return {
        "taskset_id": saved,
        "name": draft.name,
        "format": draft.format,
        "reason": draft.reason,
        "tasks": profile.tasks,
        "scorable": profile.scorable,
        "splits": dict(profile.splits),
        "attachments": draft.profile.attachments,
        "left_out": draft.left_out,
        "warned": draft.warned,
        "repeated": profile.repeated,
        "leaks": profile.leaks,
        "columns": list(draft.columns),
        "mapping": dict(draft.mapping),
        "issues": [issue.model_dump(mode="json") for issue in draft.issues],
    }


def _print_profile(console: Console, profile: Profile) -> None:
    splits = ", ".join(f"{n} {split}" for split, n in profile.splits.items()) or "none"
    unscored = profile.tasks - profile.scorable
    console.print(f"{profile.tasks} tasks ({splits}){f', {unscored} of them without an answer' if unscored else ''}.")
    for title, counts in (("Compared as", profile.kinds), ("Levels", profile.levels), ("Subjects", profile.subjects)):
        if counts:
            shown = ", ".join(f"{value} {n}" for value, n in list(counts.items())[:8])
            console.print(Text(f"{title}: {shown}{', ...' if len(counts) > 8 else ''}"))
    if profile.attachments:
        kinds = ", ".join(f"{n} {kind}" for kind, n in profile.media.items())
        console.print(Text(f"Attachments: {profile.attachments} ({kinds}), {profile.attachment_bytes / 2**20:.1f} MB"))
    if profile.repeated:
        console.print(
            f"{profile.repeated} questions are asked more than once, {profile.leaks} of them in more than one split."
        )
    for split, n in profile.scorable_splits.items():
        gain = smallest_gain(n)
        sight = "too few to show any gain" if gain is None else f"can show a gain of {100 * gain:.0f} points or more"
        console.print(f"{n} {split} tasks with an answer: {sight}{'' if gain is None else ' (80 % power)'}.")


def _print_issues(console: Console, issues: Sequence[Issue], left_out: int, warned: int) -> None:
    if not issues:
        console.print("No issue in any row.")
        return
    console.print(f"Issues: {left_out} rows left out, {warned} warnings.")
    for issue in issues[:SHOWN_ISSUES]:
        place = f"{issue.file}, " if issue.file else ""
        where = f"{place}row {issue.row}" if issue.row else f"{place}whole file"
        mark = "left out" if issue.severity == "error" else "warning"
        console.print(Text(f"  {mark}: {where}{f', {issue.field}' if issue.field else ''}: {issue.reason}"))
    if len(issues) > SHOWN_ISSUES:
        console.print(f"  ... and {len(issues) - SHOWN_ISSUES} more; --json lists them.")


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
