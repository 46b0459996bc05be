"""Reports: one file that asks nothing of any network, holds what is known and nothing that must stay here."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from agentopt_core import saying
from agentopt_core.errors import ConfigError
from agentopt_core.history.tables import TABLE_FORMATS
from agentopt_core.reports.hiding import without
from agentopt_core.reports.rows import run_row
from agentopt_core.workbench import Workbench
from tests.history.helpers import DOUBLE, REFUSAL, new_run, story, write
from tests.workbench.runs import sums, trained

HOSTILE = (
    "</div></style><script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>'\"&lt; \u202e "
    "$x^2$ **b** [a](javascript:alert(4)) \U0001f600"
)
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "footer", "section", "div", "span", "b", "small", "br"),
    *("p", "h1", "h2", "h3", "table", "thead", "tbody", "tr", "th", "td", "colgroup", "col", "dl", "dt", "dd"),
    *("details", "summary", "pre", "code", "figure", "figcaption", "ul", "li"),
    *("svg", "line", "text", "g", "circle", "rect", "path"),
}


class Page(HTMLParser):
    """What a browser would see: elements, their attributes, and the words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.values: list[str] = []
        self.words: list[str] = []
        self._in_style = False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.values += [value or "" for _, value in attrs]
        self._in_style = tag == "style"

    def handle_endtag(self, tag):
        self._in_style = False

    def handle_data(self, data):
        if not self._in_style:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    opened = Workbench(tmp_path / "some home", live=False)
    yield opened
    opened.close()


def test_a_report_of_a_run_says_what_came_of_it_and_how_sure_that_is(bench):
    folder = trained(
        bench.home, "+-------", "+++++---", test=("+-----", "+++---"), validation="+-", by="Grace",
        config={"name": "My run", "seed": 11, "budget": {"usd": 2.5}},
    )  # fmt: skip
    told = Page(bench.report(folder.run_id)).text
    run = bench.run(folder.run_id)
    for sentence in (saying.outcome(run), saying.held_out(run)):
        assert sentence in told
    assert "On 8 common training tasks the baseline solved 12.5 % and the best 62.5 %: +50.0 points" in told
    assert "4 fixed, 0 broken, exact p = 0.125: this may be chance." in told
    for fact in ("My run", "Doubling helps.", "better", "def double(x):", "Ada", "approve", "It is sound.", "Grace",
                 "made by hand", "$2.5", "11", "python", "What is 1 + 1?", "held-out test",
                 "Demo model (scripted, offline)", "Not a legal name."):  # fmt: skip
        assert fact in told, fact


def test_a_report_cannot_run_or_fetch_anything(bench):
    folder = trained(bench.home, "+-------", "+++++---")
    html = bench.report(folder.run_id)
    page = Page(html)
    assert page.tags <= ALLOWED
    assert not {name for name in page.attributes if name.startswith("on")} & page.attributes
    assert not page.attributes & {"src", "href", "style", "action", "xlink:href"}
    assert "url(" not in html
    assert "@import" not in html
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]+)"', html)
    [style] = re.findall(r"<style>(.*?)</style>", html, re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def test_hostile_text_stays_text_in_a_report(bench):
    function = DOUBLE.with_(name="double", description=HOSTILE, code=f"def double(x):\n    '''{HOSTILE}'''\n")
    tasks = sums(4, 0, words=HOSTILE + "{i}")
    task = tasks.tasks[1].with_(id=HOSTILE[:60])
    runs = [
        trained(
            bench.home, "+---", "+++-", tasks=tasks.with_(tasks=(tasks.tasks[0], task, *tasks.tasks[2:]), name=HOSTILE),
            function=function, rationale=HOSTILE * 50, reason=HOSTILE, by=HOSTILE,
            refusal=REFUSAL.with_(name=HOSTILE, reason=HOSTILE), config={"name": HOSTILE, "grader": {"kind": "text"}},
        ).run_id
        for _ in range(2)
    ]  # fmt: skip
    for asked in (runs[:1], runs):
        page = Page(bench.report(asked))
        assert page.tags <= ALLOWED
        assert "<script>alert(1)</script>" in page.text
        assert "\u202e" not in page.text


def test_characters_that_would_reorder_text_are_shown_in_a_report(bench):
    folder = trained(bench.home, "+---", "+++-", tasks=sums(4, 0), rationale="abc \u202e cba")
    assert "abc ⟨U+202E⟩ cba" in Page(bench.report(folder.run_id)).text


def test_a_report_of_private_tasks_holds_nothing_of_them(bench):
    tasks = sums(4, 0, words="Which secret riddle has the number {i}?", private=True)
    answer = tasks.tasks[0].with_(answer="the hidden treasure", id="5f2b-riddle-id")
    tasks = tasks.with_(tasks=(answer, *tasks.tasks[1:]))
    leaky = DOUBLE.with_(
        code="def double(x):\n    # Which secret riddle has the number 0?\n    return 'the hidden treasure'\n"
    )
    runs = [
        trained(
            bench.home, "----", "++--", tasks=tasks, function=leaky, rationale="About 5f2b-riddle-id and sum-1",
            refusal=REFUSAL.with_(reason="sum-2 is special"),
        ).run_id
        for _ in range(2)
    ]  # fmt: skip
    for asked in (runs[:1], runs):
        told = Page(bench.report(asked)).text
        for secret in ("riddle", "hidden treasure", "5f2b", "sum-1", "sum-2"):
            assert secret not in told, secret
        assert "must not be published" in told


def test_no_key_and_no_place_of_this_machine_is_in_a_report(bench, monkeypatch):
    monkeypatch.setenv("SOME_KEY", "sk-1234567890abcdef")
    folder = trained(
        bench.home, "+---", "+++-", tasks=sums(4, 0), rationale=f"Key sk-1234567890abcdef in {bench.home}/runs",
        config={"agent": {"endpoint": {"kind": "openai", "model": "m", "api_key_env": "SOME_KEY"}}},
    )  # fmt: skip
    html = bench.report(folder.run_id)
    assert "1234567890abcdef" not in html
    assert str(bench.home) not in html
    assert str(Path.home()) not in html
    assert "SOME_KEY" in html  # the variable's name tells nothing


def test_texts_are_hidden_as_they_stand_escaped_in_the_page():
    assert without("a &lt;secret&gt; b", ["<secret>"], "[x]") == "a [x] b"
    assert without("short id t1 stays", ["t1"], "[x]") == "short id t1 stays"
    assert without("one two three", [], "[x]") == "one two three"


def test_words_that_the_markup_shares_with_a_hidden_text_stay_markup():
    assert without("<p class='unchanged'>unchanged</p>", ["unchanged"], "[x]") == "<p class='unchanged'>[x]</p>"


@pytest.mark.parametrize("upto", range(0, 40, 3))
def test_a_run_that_is_not_over_has_a_report_at_every_moment(bench, upto):
    folder = new_run(bench.home)
    write(folder, story(folder)[:upto])
    page = Page(bench.report(folder.run_id))
    assert page.tags <= ALLOWED
    assert "Sums" in page.text


def test_a_damaged_run_has_a_report_of_what_is_left(bench):
    folder = trained(bench.home, "+---", "+++-", tasks=sums(4, 0))
    whole = bench.report(folder.run_id)
    (folder.path / "config.json").write_text("{")
    (folder.path / "tasks.jsonl").write_text("no task")
    told = Page(bench.report(folder.run_id)).text
    assert "def double(x):" in told
    assert len(told) < len(Page(whole).text)


def test_a_comparison_tells_each_run_each_pair_and_where_settings_differ(bench):
    runs = [
        trained(bench.home, "--------", marks, test=("------", "++----"), config={"name": name, "seed": seed}).run_id
        for name, marks, seed in (("First", "++++++--", 1), ("Second", "--------", 2), ("Third", "++++++++", 3))
    ]
    told = Page(bench.report(runs)).text
    for fact in ("A: First · B: Second · C: Third", "3 comparisons were made", "A → B", "B → C", "Seed", "−75.0",
                 "On 8 common training tasks A solved 75.0 % and B 0.0 %", "looked at again and again"):  # fmt: skip
        assert fact in told, fact


def test_more_runs_than_can_be_told_apart_are_refused(bench):
    runs = [trained(bench.home, "-", "+", tasks=sums(1, 0)).run_id for _ in range(7)]
    with pytest.raises(ConfigError, match="one to 6 runs, not 7"):
        bench.report(runs)


def test_a_report_is_smaller_than_a_mail(bench):
    folder = trained(bench.home, "+---", "+++-", tasks=sums(4, 0), rationale="x" * 1_000_000)
    html = bench.report(folder.run_id)
    assert len(html.encode()) < 200_000
    assert saying.size(len(html.encode())) in Page(html).text


def test_one_number_has_one_source_in_summary_comparison_report_and_tables(bench):
    folder = trained(bench.home, "+--f----", "+++++--f", test=("+-----", "+++---"), cost=0.00123)
    run = bench.run(folder.run_id)
    [one] = bench.compared([folder.run_id])
    pair = bench.compare(one.measured("baseline").place, one.measured("best").place)
    assert one.measured("best").result == run.best
    assert one.measured("baseline").result == run.baseline
    assert one.measured("test").result == run.held_out.chosen
    row = run_row(one)
    assert (row["best"], row["best_n"], row["cost_usd"]) == (run.best.accuracy, run.best.n, run.usage.cost_usd)
    told = Page(bench.report(folder.run_id)).text
    assert f"{saying.accuracy(run.best)}" in told
    assert f"{saying.accuracy(run.held_out.chosen)}" in told
    assert saying.cost(run.usage) in told
    assert f"{100 * pair.difference:+.1f} points" in told
    result = bench.result(folder.run_id)
    assert (result["best"], result["n"], result["cost_usd"]) == (run.best.accuracy, run.best.n, run.usage.cost_usd)
    from tests.history.test_tables import rows

    for kind in TABLE_FORMATS:
        table = rows(bench.table(folder.run_id, "evaluations", kind), kind)
        [best] = [each for each in table if str(each["evaluation"]) == "1"]
        assert float(best["accuracy"]) == run.best.accuracy
        spent = rows(bench.table(folder.run_id, "requests", kind), kind)
        assert sum(float(each["cost_usd"]) for each in spent) == pytest.approx(run.usage.cost_usd)
        counted = rows(bench.table(folder.run_id, "rollouts", kind), kind)
        solved = sum(str(each["correct"]).lower() == "true" for each in counted if str(each["evaluation"]) == "1")
        assert solved == run.best.correct


def test_a_report_of_a_run_says_what_each_function_is_worth(bench):
    folder = new_run(bench.home)
    write(folder, story(folder))
    page = Page(bench.report(folder.run_id))
    assert "Training tasks that used the function in evaluation 1: a fresh run of the whole set" in page.text
    assert "double 100.0 % (95 % interval 34.2–100.0 %, n = 2) 0.0 % (95 % interval 0.0–65.8 %, n = 2)" in page.text
    assert "+100.0 (-10.0 to +100.0) 2 0 0.5 0.5" in page.text


def test_a_report_says_how_far_training_and_unseen_tasks_have_come_apart(bench):
    folder = trained(bench.home, "+-------", "+++++---", test=("+-----", "+++---"), validation="+-")
    assert "Training minus test: -4.2 points at the baseline, +12.5 now" in Page(bench.report(folder.run_id)).text
