"""What a run has spent, by role, against its cap; and how fast it goes."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping

import streamlit as st

from agentopt_core.config import Budget
from agentopt_core.rollouts import Usage
from agentopt_core.views import Pace
from pages.components.say import compact, cost, visible

ROLES = {"agent": "#4F72E3", "optimizer": "#D9822B", "judge": "#9A6BD0"}
OTHER = "#8791A5"


def spending(usage: Mapping[str, Usage], budget: Budget, pace: Pace | None) -> None:
    """One bar: each role's part, and where the cap lies; beneath it the same in words."""
    st.html(spending_html(usage, budget, pace))


def spending_html(usage: Mapping[str, Usage], budget: Budget, pace: Pace | None) -> str:
    """The bar and its words as HTML. The whole width is the cap, or all that was spent where there is none or more."""
    total = sum(usage.values(), Usage())
    spent, cap, said = _against(total, budget)
    width = max(spent(total), cap or 0.0) or 1.0
    parts = "".join(
        f"<div style='width:{100 * spent(part) / width:.2f}%;background:{ROLES.get(role, OTHER)}' "
        f"title='{html.escape(visible(role))}'></div>"
        for role, part in usage.items()
    )
    mark = "" if cap is None else (
        f"<div style='position:absolute;left:calc({100 * cap / width:.2f}% - 2px);top:-4px;bottom:-4px;width:2px;"
        "background:currentColor' title='cap'></div>"
    )  # fmt: skip
    words = " · ".join(
        f"<span style='color:{ROLES.get(role, OTHER)}'>■</span> {html.escape(visible(role))} {cost(part)}, "
        f"{compact(part.tokens)} tokens, {compact(part.requests)} requests"
        for role, part in usage.items()
    )
    speed = ""
    if pace is not None and pace.seconds:
        speed = (
            f" · {pace.requests_per_min:.0f} requests/min, {compact(round(pace.tokens_per_min))} tokens/min "
            f"(last {pace.seconds:.0f} s)"
        )
    return (
        "<div style='font-size:0.84rem;line-height:1.45'>"
        f"<div style='position:relative;height:10px;margin:5px 0 6px;background:rgba(135,145,165,.22);display:flex'>"
        f"{parts}{mark}</div><div style='opacity:.85'>{said}{speed}<br>{words or 'No request yet.'}</div></div>"
    )


def _against(total: Usage, budget: Budget) -> tuple[Callable[[Usage], float], float | None, str]:
    """How an amount is measured, the cap in that measure (None: no cap), and both in words."""
    if budget.usd is not None:
        share = "" if total.cost_usd is None else f", {100 * total.cost_usd / budget.usd:.0f} %"
        return _usd, budget.usd, f"{cost(total)} of the ${budget.usd:.2f} cap{share}"
    if budget.tokens is not None:
        used = f"{compact(total.tokens)} of the {compact(budget.tokens)} tokens cap"
        return _tokens, float(budget.tokens), f"{used}, {100 * total.tokens / budget.tokens:.0f} %"
    if budget.requests is not None:
        used = f"{compact(total.requests)} of the {compact(budget.requests)} requests cap"
        return _requests, float(budget.requests), f"{used}, {100 * total.requests / budget.requests:.0f} %"
    return _tokens, None, f"{cost(total)}, {compact(total.tokens)} tokens; no cap is set"


def _usd(usage: Usage) -> float:
    return usage.cost_usd or 0.0


def _tokens(usage: Usage) -> float:
    return float(usage.tokens)


def _requests(usage: Usage) -> float:
    return float(usage.requests)
