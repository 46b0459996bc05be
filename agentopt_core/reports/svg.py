"""The accuracy curve as a static picture: a few kilobytes, where a drawing library would bring megabytes."""

from __future__ import annotations

from collections.abc import Sequence

from agentopt_core.reports.page import text
from agentopt_core.reports.sentences import letter
from agentopt_core.saying import interval, percent, title
from agentopt_core.views import ComparedRun, CurvePoint

WIDTH, HEIGHT = 1000, 330
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 10, 42
MOST_POINTS = 400
"""Points of a run that are drawn; of longer runs the accepted ones and an even choice of the others."""
_TICKS = 12
_ASIDE = 7.0
"""How far the points of two runs stand apart sideways, so that their intervals do not lie over each other."""


def curves_svg(runs: Sequence[ComparedRun]) -> str:
    """Accepted accuracy as steps, every candidate with its 95 % interval, validation dotted; with a legend."""
    last = max((one.curve[-1].evaluation for one in runs if one.curve), default=None)
    if last is None:
        return ""
    parts = [_grid(last)]
    for position, one in enumerate(runs):
        parts.append(_run(one, position, (position - (len(runs) - 1) / 2) * _ASIDE, max(last, 1)))
    told = "Accuracy by evaluation with 95 % intervals"
    legend = "".join(
        f"<li><svg class='key' viewBox='-9 -9 18 18' aria-hidden='true'>{_mark(0, 0, position, True)}</svg>"
        f"{letter(position)} · {text(title(one.run), 60)}</li>"
        for position, one in enumerate(runs)
        if one.curve
    )
    return (
        f"<figure><ul class='legend'>{legend}</ul><svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='{told}'>"
        f"{''.join(parts)}</svg><figcaption>Accuracy on the training tasks by evaluation (0 is the baseline). Line: "
        "the accepted functions. Filled marks were accepted, hollow ones withdrawn; bars are 95 % intervals (Wilson). "
        "Dotted: the same functions on the validation split, where it was measured.</figcaption></figure>"
    )


def _x(evaluation: float, last: int) -> float:
    return LEFT + 24 + (WIDTH - LEFT - RIGHT - 48) * evaluation / last


def _y(share: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)


def _grid(last: int) -> str:
    parts = []
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        y = _y(share)
        parts.append(f"<line class='grid' x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y:.1f}' y2='{y:.1f}'/>")
        parts.append(f"<text x='{LEFT - 8}' y='{y + 4:.1f}' text-anchor='end'>{100 * share:.0f} %</text>")
    for evaluation in range(0, last + 1, max(1, -(-last // _TICKS))):
        x = _x(evaluation, max(last, 1))
        parts.append(f"<text x='{x:.1f}' y='{HEIGHT - 24}' text-anchor='middle'>{evaluation}</text>")
    middle = (LEFT + WIDTH - RIGHT) / 2
    return "".join(parts) + f"<text x='{middle}' y='{HEIGHT - 5}' text-anchor='middle'>Evaluation</text>"


def _run(one: ComparedRun, position: int, aside: float, last: int) -> str:
    curve = thinned(one.curve, MOST_POINTS)
    steps: list[str] = []
    bars: list[str] = []
    marks: list[str] = []
    validated: list[str] = []
    for point in curve:
        x, best, share = _x(point.evaluation, last) + aside, point.best.accuracy, point.result.accuracy
        if best is not None and not one.run.in_batches:
            steps.append(f"{'H' if steps else 'M'}{x:.1f}{'V' if steps else ' '}{_y(best):.1f}")
        if share is None or point.result.interval is None:
            continue
        low, high = point.result.interval
        kept = point.verdict in ("baseline", "kept")
        said = f"Evaluation {point.evaluation}, {point.verdict.replace('_', ' ')}: {percent(share)}, 95 % interval "
        said += f"{interval(point.result)}, n = {point.result.n}"
        bars.append(f"<line class='bar s{position}' x1='{x:.1f}' x2='{x:.1f}' y1='{_y(low):.1f}' y2='{_y(high):.1f}'/>")
        marks.append(f"<g>{_mark(x, _y(share), position, kept)}<title>{text(said)}</title></g>")
        if point.validation and point.validation.accuracy is not None:
            validated.append(f"{'L' if validated else 'M'}{x:.1f} {_y(point.validation.accuracy):.1f}")
    lines = f"<path class='step s{position}' d='{''.join(steps)}'/>" if steps else ""
    if validated:
        lines += f"<path class='val s{position}' d='{''.join(validated)}'/>"
    return "".join(bars) + lines + "".join(marks)


def _mark(x: float, y: float, position: int, filled: bool) -> str:
    kind = f"s{position} {f'f{position}' if filled else 'open'}"
    match position % 3:
        case 0:
            return f"<circle class='{kind}' cx='{x:.1f}' cy='{y:.1f}' r='5'/>"
        case 1:
            return f"<rect class='{kind}' x='{x - 4.5:.1f}' y='{y - 4.5:.1f}' width='9' height='9'/>"
        case _:
            return f"<path class='{kind}' d='M{x:.1f} {y - 6:.1f}l6 6l-6 6l-6 -6z'/>"


def thinned(curve: Sequence[CurvePoint], most: int) -> list[CurvePoint]:
    """At most about `most` points: the accepted ones and the last, and an even choice of the others."""
    if len(curve) <= most:
        return list(curve)
    step = -(-len(curve) // (most // 2))
    accepted = [index for index, point in enumerate(curve) if point.verdict in ("baseline", "kept")]
    chosen = {*accepted[-(most // 2) :], *range(0, len(curve), step), len(curve) - 1}
    return [curve[index] for index in sorted(chosen)]
