"""`grade`: judge pairs of prediction and gold from a file, exactly as a run would."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import BinaryIO, get_args

from agentopt_core.cli.common import Subparsers, add_command
from agentopt_core.config import GraderKind
from agentopt_core.errors import ConfigError
from agentopt_core.grading import MathPool, StandardGrader
from agentopt_core.lenient_json import well_formed
from agentopt_core.rollouts import Answer
from agentopt_core.tasks import AnswerType, Task
from agentopt_core.words import JsonObject

MAX_LINE_BYTES = 1_000_000
"""Longer lines are refused unread."""
IN_FLIGHT = 64
"""Pairs that are read ahead of the one that is printed next."""

_NAMES: dict[str, AnswerType] = {name: name for name in get_args(AnswerType) if name != "judge"}


class _BadLine(ValueError):
    """The line is no pair; the message says why."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One line: what is judged against what, and how."""

    task: Task
    answer: Answer


def register(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = add_command(
        subparsers,
        "grade",
        run,
        "Judge pairs of prediction and gold as a run would; one JSON object a pair.",
        """grade pairs.jsonl

reads  {"prediction": "1/2", "gold": "\\\\frac{1}{2}", "kind": "math"}
prints {"verdict": true, "method": "math", "extracted": "1/2", "reason": "...", "ms": 0.1}
Further keys: choices, unit, tolerance, aliases. The kind "message" takes a whole reply and finds the answer in it; any
other kind that is no grader's name counts as "auto". ms is the time of the pair alone, without waiting for others.
exit codes: 0 every line was judged; 1 some line was no pair; 2 bad usage""",
    )
    parser.add_argument("file", metavar="PAIRS.jsonl", help="one JSON object a line; - reads standard input")
    parser.add_argument(
        "--grader",
        default="auto",
        metavar="NAME",
        help=f"one for all pairs: {', '.join(_NAMES)} (default: %(default)s, each pair's own kind)",
    )


def run(args: argparse.Namespace) -> int:
    """0 when every line was judged, 1 when some was no pair. Raises: ConfigError; OSError when it cannot be read."""
    if args.grader not in _NAMES:
        known = args.grader in get_args(GraderKind)
        why = f"The grader '{args.grader}' works in a run only." if known else f"There is no grader '{args.grader}'."
        raise ConfigError(why, f"Name one of {', '.join(_NAMES)}.")
    with ExitStack() as opened:
        # Standard input gets a reader of its own: a thread may still wait in it when the command ends.
        name = 0 if args.file == "-" else args.file
        file = opened.enter_context(open(name, "rb", closefd=name != 0))
        pool = opened.enter_context(MathPool())
        pool.warm()
        bad = asyncio.run(_grade_all(file, StandardGrader(_NAMES[args.grader], pool)))
    return 1 if bad else 0


async def _grade_all(file: BinaryIO, grader: StandardGrader) -> int:
    """Judge and print in order, with `IN_FLIGHT` lines under way. Returns the number of lines that were no pairs."""
    under_way: asyncio.Queue[asyncio.Task[tuple[JsonObject, bool]] | BaseException | None] = asyncio.Queue()
    room = threading.Semaphore(IN_FLIGHT)
    loop = asyncio.get_running_loop()

    def begin(number: int, line: bytes | None) -> None:
        under_way.put_nowait(loop.create_task(_graded(grader, number, line)))

    def read() -> None:
        end: BaseException | None = None
        with suppress(RuntimeError):  # the loop has ended: nobody waits for lines any more
            try:
                for number, line in enumerate(bounded_lines(file), 1):
                    room.acquire()
                    loop.call_soon_threadsafe(begin, number, line)
            except OSError as error:
                end = error
            loop.call_soon_threadsafe(under_way.put_nowait, end)

    threading.Thread(target=read, daemon=True).start()
    bad = 0
    while (item := await under_way.get()) is not None:
        if isinstance(item, BaseException):
            raise item
        shown, ok = await item
        print(json.dumps(shown), flush=True)  # in ASCII: escapes are JSON on every terminal
        bad += not ok
        room.release()
    return bad


async def _graded(grader: StandardGrader, number: int, line: bytes | None) -> tuple[JsonObject, bool]:
    try:
        pair = pair_of(line)
    except _BadLine as error:
        return _shown(False, "none", "", f"line {number}: {error}", 0.0), False
    score = await grader.grade(pair.task, pair.answer)
    return _shown(score.correct, score.method, score.extracted, score.reason, score.ms), True


def _shown(verdict: bool, method: str, extracted: str, reason: str, ms: float) -> JsonObject:
    return {"verdict": verdict, "method": method, "extracted": extracted, "reason": reason, "ms": round(ms, 3)}


def bounded_lines(file: BinaryIO) -> Iterator[bytes | None]:
    """The lines of a file without their ends; None for one of more than `MAX_LINE_BYTES`, which is never held."""
    while line := file.readline(MAX_LINE_BYTES + 2):
        if len(line) <= MAX_LINE_BYTES + 1 and (line.endswith(b"\n") or len(line) <= MAX_LINE_BYTES):
            yield line.rstrip(b"\r\n")
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES)
        yield None


def pair_of(line: bytes | None) -> Pair:
    """The pair a line holds. Raises: _BadLine."""
    if line is None:
        raise _BadLine(f"longer than {MAX_LINE_BYTES:,} bytes. Cut the prediction: answers stand at the end.")
    try:
        # Numbers stay as they are written: 0.1 is a tenth and 1e400 is finite.
        record = json.loads(line.decode("utf-8-sig"), parse_int=_Written, parse_float=_Written, parse_constant=_Written)
    except UnicodeDecodeError as error:
        raise _BadLine(f"not UTF-8 (byte {error.start + 1}). Save the file as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise _BadLine(f"not JSON: {why}. Write one object a line.") from error
    if not isinstance(record, dict):
        raise _BadLine('not a JSON object. Write {"prediction": ..., "gold": ...}.')
    for key in ("prediction", "gold"):
        if key not in record:
            raise _BadLine(f'no \'{key}\'. Write {{"prediction": ..., "gold": ...}}.')
    kind, prediction = record.get("kind"), _text(record, "prediction")
    task = Task(
        id="pair",
        question="",
        answer=_text(record, "gold"),
        answer_type=_NAMES.get(kind, "auto") if isinstance(kind, str) else "auto",
        aliases=_texts(record, "aliases"),
        choices=_texts(record, "choices"),
        unit=_text(record, "unit") or "",
        tolerance=_tolerance(record),
    )
    return Pair(task, Answer(text=prediction or "", source="message" if kind == "message" else "tool"))


class _Written(str):
    """A number as it stands in the file."""


def _text(record: JsonObject, key: str) -> str | None:
    match value := record.get(key):
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case _Written():
            return _number(value)
        case str():
            return well_formed(value)
        case _:
            raise _BadLine(f"'{key}' is a list or an object. Write a text or a number.")


def _number(written: str) -> str:
    """A whole number without the `.0` that programs add to it: the gold 5.0 means 5."""
    whole, point, decimals = written.partition(".")
    return whole if point and not decimals.strip("0") else str(written)


def _texts(record: JsonObject, key: str) -> tuple[str, ...]:
    values = record.get(key)
    if values is None:
        return ()
    if not isinstance(values, list):
        raise _BadLine(f'\'{key}\' is no list. Write ["...", "..."].')
    return tuple(_text({key: value}, key) or "" for value in values)


def _tolerance(record: JsonObject) -> float | None:
    value = record.get("tolerance")
    if value is None:
        return None
    with suppress(ValueError, TypeError):
        if isinstance(value, _Written) and math.isfinite(number := float(value)) and number >= 0:
            return number
    raise _BadLine("'tolerance' is no number from 0 up. Write 0.01, or leave it out.")
