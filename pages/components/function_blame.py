"""Blame: a function's code with the update that brought each line, and the tasks that update fixed or broke."""

from __future__ import annotations

import html
from urllib.parse import urlencode

from agentopt_core.reports.diff import LINES, STYLE, highlighted_html
from agentopt_core.views import Blame
from pages.components.say import shorten

TASKS = 12
"""Tasks of an update that are linked at most."""


def blame_html(run_id: str, name: str, blame: Blame, evaluations: dict[int, int | None]) -> str:
    """The code with its narrow column, for `st.html`. `evaluations`: step -> the candidate's evaluation."""
    texts = highlighted_html("\n".join(line.text for line in blame.lines))
    rows = []
    before: int | None = None
    for number, (line, text) in enumerate(zip(blame.lines, texts, strict=False), 1):
        first = line.step != before
        before = line.step
        told = _source(run_id, name, line.step, line.by, blame) if first else ""
        css = "from first" if first else "from"
        rows.append(f"<tr><td class='{css}'>{told}</td><td class='n'>{number}</td><td class='code'>{text}</td></tr>")
    legend = "".join(
        _tasks(run_id, step, blame, evaluations.get(step)) for step in sorted({one.step for one in blame.lines})
    )
    cut = f"<p class='ao-note'>Cut to {LINES} lines.</p>" if len(blame.lines) > len(texts) else ""
    table = f"<div class='ao-diff ao-blame'><table><tbody>{''.join(rows)}</tbody></table></div>"
    return f"{STYLE}{_STYLE}{table}{cut}{legend}"


def _source(run_id: str, name: str, step: int, by: str, blame: Blame) -> str:
    who = f", by {html.escape(shorten(by, 24))}" if by else ""
    if step == 0:
        return f"at the start{who}"
    where = html.escape("?" + urlencode({"run": run_id, "name": name, "step": step}), quote=True)
    flips = (
        f" <b class='up'>+{len(blame.fixed.get(step, ()))}</b> <b class='down'>−{len(blame.broken.get(step, ()))}</b>"
    )
    return f"<a href='{where}' target='_self'>update {step}</a>{flips}{who}"


def _tasks(run_id: str, step: int, blame: Blame, evaluation: int | None) -> str:
    """What an update did to the tasks, each with its conversation."""
    if step == 0:
        return ""
    parts = []
    for word, tasks in (("fixed", blame.fixed.get(step, ())), ("broke", blame.broken.get(step, ()))):
        links = [_trace(run_id, task, evaluation) for task in tasks[:TASKS]]
        more = f" and {len(tasks) - TASKS} more" if len(tasks) > TASKS else ""
        parts.append(f"{word} {len(tasks)}{': ' if links else ''}{', '.join(links)}{more}")
    return f"<p class='ao-note'>Update {step} {'; '.join(parts)}.</p>"


def _trace(run_id: str, task: str, evaluation: int | None) -> str:
    where = "traces?" + urlencode({"run": run_id, "task": task, "evaluation": evaluation})
    return f"<a href='{html.escape(where, quote=True)}' target='_self'>{html.escape(shorten(task, 40))}</a>"


_STYLE = """<style>
.ao-blame table {table-layout:auto} .ao-blame td.code {width:100%} .ao-blame td.n {width:2.9em}
.ao-blame td.from {width:12.5em; white-space:nowrap; padding:0 .7em; font:.78rem "Source Sans",sans-serif;
  color:light-dark(#667085,#98A2B3); border-right:1px solid light-dark(#E3E6ED,#2A3040)}
.ao-blame tr:has(td.first):not(:first-child) td {border-top:1px solid light-dark(#E3E6ED,#2A3040)}
.ao-blame .up {color:light-dark(#1E8A57,#4CC38A)} .ao-blame .down {color:light-dark(#C23B3B,#F07A7A)}
.ao-blame a, .ao-note a {color:light-dark(#3757C8,#8FA8FF); text-decoration:none}
</style>"""
