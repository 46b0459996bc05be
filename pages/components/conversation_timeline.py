"""Where time and money of a rollout went: one bar a step. What has no time of its own has no bar."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import NamedTuple

from agentopt_core.rollouts import Usage
from agentopt_core.views.traces import Turn
from pages.components.say import DASH, cost, count, shorten

BARS = 60
"""Steps that are drawn; what is beyond is counted."""


class Bar(NamedTuple):
    """One step."""

    label: str
    kind: str
    """`reply` or `call`."""
    ms: float | None
    usage: Usage | None = None
    failed: bool = False


def bars(turns: tuple[Turn, ...]) -> Iterator[Bar]:
    """Each reply and each call, in order."""
    for number, turn in enumerate(turns, 1):
        request = turn.request
        yield Bar(f"Reply {number}", "reply", request.ms if request else None, request.usage if request else None)
        for step in turn.calls:
            result = step.use.result if step.use else None
            yield Bar(step.name, "call", result.ms if result else None, failed=bool(result and not result.ok))


def timeline(turns: tuple[Turn, ...], seconds: float, usage: Usage) -> str:
    """The steps as HTML for `st.html`."""
    steps = list(bars(turns))
    longest = max((bar.ms or 0.0 for bar in steps), default=0.0)
    rows = "".join(_row(bar, longest) for bar in steps[:BARS])
    known = {kind: sum(bar.ms or 0.0 for bar in steps if bar.kind == kind) for kind in ("reply", "call")}
    more = f"<p>and {len(steps) - BARS} more steps</p>" if len(steps) > BARS else ""
    return (
        f"{_STYLE}<div class='ao-time' role='img' aria-label='Time and cost of each step'>"
        f"<p><b>{seconds:.2f} s</b> in all · model {known['reply'] / 1000:.2f} s"
        f" · calls {known['call'] / 1000:.2f} s · {count(usage.tokens)} tokens · {cost(usage)}</p>"
        f"<table><tbody>{rows}</tbody></table>{more}</div>"
    )


def _row(bar: Bar, longest: float) -> str:
    label = html.escape(shorten(bar.label, 40))
    sign = "<span class='bad'>✗ </span>" if bar.failed else ""
    width = 0.0 if bar.ms is None or not longest else max(0.6, 100 * bar.ms / longest)
    drawn = f"<i class='{bar.kind}' style='width:{width:.1f}%'></i>" if bar.ms is not None else ""
    time = DASH if bar.ms is None else f"{bar.ms:,.0f} ms" if bar.ms >= 10 else f"{bar.ms:.1f} ms"
    tokens = f"{count(bar.usage.tokens)} tok" if bar.usage else ""
    price = cost(bar.usage) if bar.usage else ""
    return (
        f"<tr><td class='l {bar.kind}'>{sign}{label}</td><td class='b'>{drawn}</td>"
        f"<td class='f'>{time}</td><td class='f t'>{tokens}</td><td class='f'>{price}</td></tr>"
    )


_STYLE = """<style>
.ao-time {container-type:inline-size}
@container (max-width:440px) {.ao-time td.t {display:none}}
.ao-time p {margin:0 0 .3rem; font-size:.85rem}
.ao-time table {width:100%; border-collapse:collapse; table-layout:fixed; font-size:.82rem; line-height:1.5}
.ao-time td {border:0; padding:.05rem .4rem; white-space:nowrap; overflow:hidden; text-overflow:ellipsis}
.ao-time td.l {width:30%} .ao-time td.l.call {padding-left:1.3rem; opacity:.85}
.ao-time td.f {width:5.4rem; text-align:right; font-variant-numeric:tabular-nums; opacity:.8}
.ao-time td.b i {display:block; height:.7rem; border-radius:3px}
.ao-time i.reply {background:light-dark(#3B6CF0,#7EA2FF)} .ao-time i.call {background:light-dark(#8A94A8,#8A93A6)}
.ao-time .bad {color:light-dark(#C23B3B,#F07A7A)}
</style>"""
