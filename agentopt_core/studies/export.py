"""The table of a study for a paper, a note or a spreadsheet: Markdown, LaTeX, CSV. Cells keep n and interval."""

from __future__ import annotations

import re
from typing import Literal, assert_never

from agentopt_core.history.tables import encoded
from agentopt_core.saying import DASH, FIT, duration, shorten
from agentopt_core.studies.result import ALL, Accuracy, Change, Row
from agentopt_core.studies.view import StudyView

StudyFormat = Literal["md", "csv", "latex"]

_TEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "→": r"$\rightarrow$", "×": r"$\times$", "−": "--",
    "–": "--", "—": "---", "·": r"$\cdot$", "<": r"\textless{}", ">": r"\textgreater{}", '"': "''", "|": r"\textbar{}",
}  # fmt: skip
_MARKDOWN = re.compile(r"([\\`*_|~<>$&]|\](?=[(\[:]))")
"""What would be markup inside a line: brackets only where they would make a link."""


def exported(study: StudyView, format: StudyFormat) -> bytes:
    """The table with its notes (CSV: the table alone, a number a cell)."""
    match format:
        case "md":
            return _markdown(study).encode("utf-8", "replace")
        case "csv":
            return encoded([_numbers(study, row) for row in study.table.rows], "csv")
        case "latex":
            return _latex(study).encode("utf-8", "replace")
        case _:
            assert_never(format)


def headings(study: StudyView) -> list[str]:
    """The columns of the table in words."""
    paper = ["The paper"] if any(row.paper for row in study.table.rows) else []
    return [
        "Arm", "Tasks", "Split", "n", "Before", "After", "Gain (points)", "Against the reference", *paper,
        "Epochs", "Functions", "Requests", "Cost", "Time",
    ]  # fmt: skip


def cells(study: StudyView, row: Row) -> list[str]:
    """A row in words, a cell a column of `headings`; the same on the page, in the terminal and in every export."""
    paper = [row.paper or DASH] if any(one.paper for one in study.table.rows) else []
    return [
        row.title,
        row.tasks_title,
        row.split if row.split == "test" else f"train ({FIT})",
        counts(row),
        accuracy(row.before),
        accuracy(row.after),
        change(row.gain),
        "reference" if row.is_reference else change(row.against),
        *paper,
        _number(row.epochs, 1),
        _number(row.functions, 1),
        _number(row.requests, 0),
        DASH if row.cost_usd is None else f"${row.cost_usd:.3f}",
        DASH if row.wall_s is None else duration(row.wall_s),
    ]


def accuracy(found: Accuracy | None) -> str:
    """`72.2 % [45.1, 89.0]`."""
    if found is None:
        return DASH
    return f"{100 * found.share:.1f} % [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def change(found: Change | None) -> str:
    """`+38.9 [12.0, 60.1], p = 0.016 (Holm 0.08)`."""
    if found is None:
        return DASH
    inside = f"{100 * found.low:+.1f}, {100 * found.high:+.1f}"
    return f"{100 * found.share:+.1f} [{inside}], p = {found.p:.2g} (Holm {found.holm:.2g})"


def counts(row: Row) -> str:
    """`36 (12 tasks x 3 seeds)`, and how many runs are missing."""
    if row.after is None:
        return f"0 of {row.planned} runs"
    missing = f", {len(row.seeds)} of {row.planned} runs" if _is_missing(row) else ""
    return f"{row.after.n} ({row.after.tasks} tasks × {len(row.seeds)} seed{'s' * (len(row.seeds) != 1)}{missing})"


def _is_missing(row: Row) -> bool:
    return bool(row.problems) or len(row.run_ids) < row.planned


def _number(value: float | None, places: int) -> str:
    return DASH if value is None else f"{value:,.{places}f}".replace(",", "\u202f")


def _numbers(study: StudyView, row: Row) -> dict[str, object]:
    found: dict[str, object] = {
        "study": study.summary.study_id,
        "kind": study.file.kind,
        "demo": study.summary.demo,
        "arm": row.title,
        "tasks": row.tasks_title,
        "split": row.split,
        "seeds": " ".join(map(str, row.seeds)),
        "planned_runs": row.planned,
        "tasks_n": row.after.tasks if row.after else None,
        "rollouts_n": row.after.n if row.after else None,
    }
    for name, share in (("before", row.before), ("after", row.after)):
        found |= {
            name: share.share if share else None,
            f"{name}_low_95": share.low if share else None,
            f"{name}_high_95": share.high if share else None,
        }
    for name, difference in (("gain", row.gain), ("against_reference", row.against)):
        for part in ("share", "low", "high", "p", "holm", "fixed", "broken"):
            column = name if part == "share" else f"{name}_{part}"
            found[column] = getattr(difference, part) if difference else None
    found |= {
        "is_reference": row.is_reference,
        "paper": row.paper,
        "train_before": row.train_before,
        "train_after": row.train_after,
        "epochs": row.epochs,
        "functions": row.functions,
        "requests": row.requests,
        "tokens": row.tokens,
        "cost_usd": row.cost_usd,
        "wall_s": row.wall_s,
        "runs": " ".join(row.run_ids),
        "missing": "; ".join(row.problems),
    }
    return found


def _markdown(study: StudyView) -> str:
    names = headings(study)
    lines = [f"# {_escaped(study.summary.title)}", "", f"{_escaped(_said(study))}", ""]
    lines += [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(map(_escaped, cells(study, row)))} |" for row in study.table.rows]
    lines += ["", "## What it says", "", *(f"- {_escaped(one)}" for one in study.answer)]
    lines += ["", "## How to read it", "", *(f"- {_escaped(one)}" for one in study.notes), *_missing(study)]
    return "\n".join(lines) + "\n"


def _missing(study: StudyView) -> list[str]:
    """Each run that is missing, once: the row of all sets together names it again."""
    rows = [row for row in study.table.rows if row.tasks != ALL]
    return [f"- {_escaped(f'Missing: {row.title}, {row.tasks_title}, {one}')}" for row in rows for one in row.problems]


def _latex(study: StudyView) -> str:
    names, rows = headings(study), study.table.rows
    body = [" & ".join(map(_tex, cells(study, row))) + r" \\" for row in rows]
    notes = " ".join([*study.answer, *study.notes])
    return (
        "\n".join(
            [
                f"% {shorten(study.summary.title, 200)} ({study.summary.study_id})",
                r"% needs \usepackage{booktabs,graphicx}",
                r"\begin{table}",
                r"\centering",
                rf"\caption{{{_tex(f'{study.summary.title}: {_said(study)}')}}}",
                r"\resizebox{\textwidth}{!}{%",
                rf"\begin{{tabular}}{{{'l' * len(names)}}}",
                r"\toprule",
                " & ".join(map(_tex, names)) + r" \\",
                r"\midrule",
                *body,
                r"\bottomrule",
                r"\end{tabular}}",
                rf"\par\footnotesize {_tex(notes)}",
                r"\end{table}",
            ]
        )
        + "\n"
    )


def _said(study: StudyView) -> str:
    made = study.summary
    demo = " Demo model: the numbers say nothing about a real model." if made.demo else ""
    return (
        f"{len(study.progress)} arms, {made.seeds} seeds, {study.table.measured} of "
        f"{study.table.planned} runs measured; reference: {study.table.reference}. In brackets: 95 % intervals.{demo}"
    )


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", shorten(text, 2000))


def _tex(text: str) -> str:
    return "".join(_TEX.get(letter, letter) for letter in shorten(text, 4000))
