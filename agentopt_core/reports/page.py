"""The frame of a report: one HTML file without scripts and without any request, in light and dark, fit for print.

Everything that is shown passes through `text`, `prose` or the builders here, which escape it. The page forbids itself,
by a content security policy, to run or to fetch anything: what a stranger wrote stays text even if escaping failed.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Iterable, Sequence

from agentopt_core.reports.diff import STYLE as DIFF_STYLE
from agentopt_core.rollouts import Proportion
from agentopt_core.saying import DASH, accuracy, interval, size, visible

LONG = 6_000
"""Characters of one quoted text; the run's folder holds the whole."""


def text(value: object, limit: int = 300) -> str:
    """Any value as escaped text of one line; nothing is a dash."""
    line = " ".join(str(value)[: limit * 4].split()) if value is not None else ""
    return html.escape(visible(line if len(line) <= limit else f"{line[: limit - 1]}…")) or DASH


def prose(value: str, limit: int = LONG) -> str:
    """A longer text with its own line breaks, escaped, as a block."""
    shown = value if len(value) <= limit else f"{value[:limit]}\n… {len(value) - limit} more characters"
    return f"<div class='said' dir='auto'>{html.escape(visible(shown.replace(chr(13), '')))}</div>"


def code(value: str, limit: int = 60_000) -> str:
    """Source as it is, escaped."""
    shown = value if len(value) <= limit else f"{value[:limit]}\n… {len(value) - limit} more characters"
    return f"<pre><code>{html.escape(visible(shown))}</code></pre>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table of cells that are HTML already; columns in `numbers` stand at the right."""
    kinds = ["n" if column in numbers else "" for column in range(len(heads))]
    head = "".join(f"<th class='{kind}'>{html.escape(name)}</th>" for name, kind in zip(heads, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td class='{kind}'>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>"
        for row in rows
    )
    return f"<div class='wide'><table class='t'><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def share(result: Proportion | None) -> str:
    """An accuracy with its interval and n under it."""
    if result is None or result.accuracy is None:
        return DASH
    faults = f", {result.faults} not scored" if result.faults else ""
    return f"{accuracy(result)}<br><small>{interval(result)}, n = {result.n}{faults}</small>"


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values (HTML already) under one another."""
    return "<dl>" + "".join(f"<dt>{text(name)}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>"


def section(title: str, body: str) -> str:
    """A part with a heading; empty where there is nothing to say."""
    return f"<section><h2>{text(title)}</h2>{body}</section>" if body else ""


def folded(title: str, body: str, is_open: bool = False) -> str:
    """A part that opens at a click, and in print."""
    return f"<details{' open' if is_open else ''}><summary>{title}</summary>{body}</details>"


def cards(shown: Iterable[tuple[str, str, str]]) -> str:
    """Label, figure and what stands under it."""
    return (
        "<div class='cards'>"
        + "".join(
            f"<div class='card'><span>{text(label)}</span><b>{text(figure)}</b><small>{text(note)}</small></div>"
            for label, figure, note in shown
        )
        + "</div>"
    )


def notes(sentences: Iterable[str], kind: str = "note") -> str:
    """Sentences apart from the rest, each a paragraph."""
    return "".join(f"<p class='{kind}'>{text(sentence, 900)}</p>" for sentence in sentences)


def document(title: str, body: str, made: str) -> str:
    """The whole file. `made`: who made it and when, a sentence."""
    style = _STYLE + DIFF_STYLE.replace("<style>", "").replace("</style>", "")
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    page = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="referrer" content="no-referrer"><title>{text(title)}</title><style>{style}</style></head>'
        f"<body><main>{body}<footer>{text(made)} One file of {_SIZE}, without scripts; it asks nothing of any network."
        "</footer></main></body></html>\n"
    )
    about = page.replace(_SIZE, size(len(page.encode())))  # as long as the page is in the end, if not as exact
    return page.replace(_SIZE, size(len(about.encode())))


_SIZE = "\ue000size\ue000"
"""Cannot occur in what is shown: `visible` spells private-use characters out."""

_STYLE = """
:root{color-scheme:light dark;--ink:light-dark(#1B2130,#E6E9F0);--soft:light-dark(#5A6275,#9AA3B5);
--line:light-dark(#E3E6ED,#2A3040);--ground:light-dark(#FFFFFF,#10131A);--raised:light-dark(#F5F6F9,#181C26);
--good:light-dark(#1E8A57,#4CC38A);--bad:light-dark(#C23B3B,#F07A7A);--warn:light-dark(#A85A0C,#F0A04B);
--c0:light-dark(#3757C8,#7F9BFF);--c1:light-dark(#C46A12,#F0A04B);--c2:light-dark(#1E8A57,#4CC38A);
--c3:light-dark(#8A5BC7,#B794F4);--c4:light-dark(#C23B3B,#F07A7A);--c5:light-dark(#667085,#98A2B3)}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 "Source Sans 3","Source Sans Pro",system-ui,
-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 24px 64px}
h1{font-size:1.75rem;line-height:1.2;margin:.1em 0 .2em;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.2em 0 .6em;padding-top:.9em;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.4em 0 .4em;overflow-wrap:anywhere}
.kind{color:var(--soft);font-weight:600;margin:0}.lead{font-size:1.1rem;margin:.7em 0}
.note,small,footer,figcaption{color:var(--soft)}.note{margin:.3em 0}
.warn{border-left:3px solid var(--warn);padding:.3em .8em;margin:.6em 0;background:var(--raised)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(170px,1fr));gap:12px;margin:1.2em 0}
.card{border:1px solid var(--line);border-radius:8px;padding:10px 14px;display:flex;flex-direction:column}
.card span{color:var(--soft);font-size:.9rem}.card b{font-size:1.5rem;font-weight:600}
.wide{overflow-x:auto}.t{border-collapse:collapse;width:100%;font-size:.92rem}
.t th,.t td{padding:.38em .7em;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;
overflow-wrap:break-word;max-width:34em}
.t th{color:var(--soft);font-weight:600;background:var(--raised)}
.t small,.t th,.t .tag{white-space:nowrap}
.t .n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:minmax(150px,max-content) 1fr;gap:.25em 1.4em;margin:.6em 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
pre{background:var(--raised);border:1px solid var(--line);border-radius:8px;padding:12px 14px;overflow-x:auto;
font:.82rem/1.5 "Source Code Pro",ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere;
direction:ltr;unicode-bidi:isolate}
.said{white-space:pre-wrap;overflow-wrap:anywhere;border-left:3px solid var(--line);padding:.1em .9em;margin:.5em 0;
unicode-bidi:isolate}
.update{border:1px solid var(--line);border-radius:8px;padding:10px 16px;margin:12px 0}
.update h3{margin:.1em 0 .3em}.verdict{display:inline-block;border:1px solid currentColor;border-radius:6px;
padding:0 .5em;font-size:.85rem;font-weight:600;margin-right:.6em}
.kept,.fixed{color:var(--good)}.rejected,.broken{color:var(--bad)}.rolled_back{color:var(--warn)}
.unchanged,.pending,.same{color:var(--soft)}
details{margin:.6em 0}summary{cursor:pointer;color:var(--soft)}
figure{margin:1em 0}svg{width:100%;height:auto;display:block}
svg text{fill:var(--soft);font-size:12px}svg .grid{stroke:var(--line)}
.legend{display:flex;flex-wrap:wrap;gap:.2em 1.4em;padding:0;list-style:none;margin:.3em 0;font-size:.92rem}
.f0{fill:var(--c0)}.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}.f4{fill:var(--c4)}.f5{fill:var(--c5)}
.s0{stroke:var(--c0)}.s1{stroke:var(--c1)}.s2{stroke:var(--c2)}.s3{stroke:var(--c3)}.s4{stroke:var(--c4)}
.s5{stroke:var(--c5)}.step{fill:none;stroke-width:2.5}.val{fill:none;stroke-width:1.5;stroke-dasharray:3 4}
.bar{stroke-width:1.6;opacity:.45}.open{fill:var(--ground);stroke-width:2}
.key{width:1em;height:1em;display:inline-block;vertical-align:-.1em;margin-right:.3em}
footer{margin-top:3em;padding-top:1em;border-top:1px solid var(--line);font-size:.9rem}
@media print{:root{color-scheme:light}main{max-width:none;padding:0}.update,.card,figure,tr{break-inside:avoid}
h2{break-after:avoid}details:not([open])::details-content{content-visibility:visible;display:block;height:auto}
pre{white-space:pre-wrap}}
"""
