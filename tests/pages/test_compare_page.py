"""The Compare page on real homes: which run is better, and is it chance?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from agentopt_core.views import Place
from agentopt_core.workbench import Workbench
from pages.components.compare_charts import cost_chart, cost_table, curves_chart, curves_table, unpriced
from pages.components.compare_pick import usual_runs
from pages.components.compare_tasks import trace_address
from tests.history.helpers import began, new_run, request, write
from tests.pages.conftest import texts
from tests.workbench.runs import sums, trained

HOSTILE = "<script>alert(1)</script> $x$ **b** [a](javascript:alert(1)) :material/home: \u202e" + "A" * 100_000


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    opened = Workbench(tmp_path / "home")
    yield opened
    opened.close()


@pytest.fixture
def show(page, bench) -> Callable[..., AppTest]:
    """The page at an address, after the history has read what was written."""

    def opened(**params: str) -> AppTest:
        bench.rebuild_history()
        return page(bench, "compare", **params)

    return opened


def frames(at) -> list:
    return [one.value for one in at.dataframe]


def test_an_empty_home_says_what_to_do_first(show):
    at = show()
    assert not at.exception
    assert "start a training first" in texts(at)


def test_an_address_without_runs_compares_two_at_once(show, bench):
    for name, marks in (("First", "++++----"), ("Last", "++++++++")):
        trained(bench.home, "--------", marks, config={"name": name})
    at = show()
    assert at.multiselect[0].value == usual_runs(bench.runs())
    assert "exact p = 0.125: this may be chance." in texts(at)


def test_of_other_runs_the_newest_one_on_the_same_tasks_is_taken(bench):
    for name in ("Sums", "Other tasks", "Sums"):
        trained(bench.home, "----", "++--", tasks=sums(4).with_(name=name))
    bench.rebuild_history()
    same = [run for run in bench.runs() if run.task_set == "Sums"]
    other = [run for run in bench.runs() if run.task_set == "Other tasks"]
    assert usual_runs([same[0], *other, same[1]]) == [same[1].run_id, same[0].run_id]
    assert usual_runs([same[0], *other]) == [other[0].run_id, same[0].run_id]
    assert usual_runs(same[:1]) == [same[0].run_id]
    assert usual_runs([]) == []


def test_an_address_opens_the_same_comparison_again(show, bench):
    first = trained(bench.home, "--------", "++++----", test=("------", "++----"))
    second = trained(bench.home, "--------", "++++++++", test=("------", "+++---"))
    at = show(runs=f"{first.run_id},{second.run_id}", measure="test", show="all",
        first=str(Place(run_id=first.run_id, evaluation=0)), second=str(Place(run_id=second.run_id, evaluation=1)),
    )  # fmt: skip
    assert "common test tasks A solved 33.3 % and B 50.0 %" in texts(at)
    assert [one.value for one in at.selectbox][:2] == [f"{first.run_id}~0~train", f"{second.run_id}~1~train"]
    tasks = next(frame for frame in frames(at) if "change" in frame)
    assert len(tasks) == 8
    assert set(tasks["change"]) == {"✓ fixed"}


def test_each_task_leads_to_both_conversations(show, bench):
    first = trained(bench.home, "--------", "++++----")
    second = trained(bench.home, "--------", "+++-+---")
    at = show(runs=f"{first.run_id},{second.run_id}")
    tasks = next(frame for frame in frames(at) if "change" in frame)
    assert list(tasks["change"]) == ["✕ broken", "✓ fixed"]
    assert tasks["first_trace"][0] == f"/traces?run={first.run_id}&task=sum-3&evaluation=1&split=train"
    assert tasks["second_trace"][0] == f"/traces?run={second.run_id}&task=sum-3&evaluation=1&split=train"


def test_the_task_in_an_address_is_quoted():
    assert trace_address(Place(run_id="r", evaluation=1), "a&b=c d").endswith(
        "task=a%26b%3Dc+d&evaluation=1&split=train"
    )


def test_what_is_chosen_goes_into_the_address(show, bench):
    runs = [trained(bench.home, "--------", marks) for marks in ("++++----", "++++++++", "+-------")]
    at = show(runs=f"{runs[0].run_id},{runs[1].run_id}")
    at.multiselect[0].select(runs[2].run_id).run()
    assert at.query_params["runs"] == ",".join(run.run_id for run in runs)
    assert "3 comparisons were made" in texts(at)
    pairs = next(frame for frame in frames(at) if "holm" in frame)
    assert list(pairs["pair"]) == ["A → B", "A → C", "B → C"]


def test_a_run_that_the_history_has_not_read_of_yet_is_found_by_its_address(page, bench):
    run = trained(bench.home, "--------", "++++----")
    at = page(bench, "compare", runs=run.run_id)
    assert at.multiselect[0].value == [run.run_id]


def test_runs_that_do_not_exist_are_named_and_the_others_shown(show, bench):
    only = trained(bench.home, "--------", "++++----")
    at = show(runs=f"{only.run_id},gone")
    assert "Not found: gone." in texts(at)
    assert "Only one run is chosen" in texts(at)
    assert "A solved" not in texts(at)
    assert not at.exception


def test_runs_on_different_tasks_say_that_they_cannot_be_paired(show, bench):
    first = trained(bench.home, "----", "++--", tasks=sums(4))
    second = trained(bench.home, "----", "+++-", tasks=sums(4, words="Double {i}."))
    at = show(runs=f"{first.run_id},{second.run_id}")
    assert "cannot be paired" in texts(at)
    assert "4 the same id, but another question or answer" in texts(at)


def test_a_run_that_has_just_begun_stands_beside_a_finished_one(show, bench):
    done = trained(bench.home, "----", "++--", tasks=sums(4))
    begun = new_run(bench.home)
    write(begun, [began(begun), request()])
    at = show(runs=f"{done.run_id},{begun.run_id}")
    assert not at.exception
    assert "B: fit, no hold-out" in texts(at) or "was not measured: B" in texts(at)


def test_a_damaged_run_is_shown_with_what_is_left(show, bench):
    whole = trained(bench.home, "----", "++--", tasks=sums(4))
    damaged = trained(bench.home, "----", "+++-", tasks=sums(4))
    (damaged.path / "config.json").write_text("{")
    (damaged.path / "tasks.jsonl").write_text("no task")
    at = show(runs=f"{whole.run_id},{damaged.run_id}")
    assert not at.exception
    assert len(frames(at)[0]) == 2
    assert "cannot be read" in texts(at) or "is damaged" in texts(at)


def test_hostile_names_questions_and_settings_stay_text(show, bench):
    runs = [
        trained(
            bench.home, "----", marks, tasks=sums(4, 0, words=HOSTILE + "{i}").with_(name=HOSTILE),
            config={"name": HOSTILE[:200], "agent": {"endpoint": {"model": HOSTILE, "kind": "openai"}}},
            reason=HOSTILE,
        ).run_id
        for marks in ("++--", "+++-")
    ]  # fmt: skip
    at = show(runs=",".join(runs), show="all")
    assert not at.exception
    said = [str(one.value) for kind in (at.markdown, at.caption) for one in kind]
    assert not any("<script>" in one or "](javascript" in one for one in said)
    assert max(len(str(cell)) for frame in frames(at) for cell in frame.to_numpy().ravel()) < 1_000


def test_a_cost_that_is_not_known_is_listed_apart_and_never_drawn_as_zero(bench):
    known = trained(bench.home, "----", "++--", tasks=sums(4, 0), config={"name": "Known"})
    unknown = trained(bench.home, "----", "+++-", tasks=sums(4, 0), cost=None, config={"name": "Unknown"})
    bench.rebuild_history()
    runs = bench.compared([known.run_id, unknown.run_id])
    assert list(cost_table(runs, "best").spent) == [pytest.approx(runs[0].run.usage.cost_usd)]
    assert unpriced(runs, "best") == ["B · Unknown: 75.0 %, cost unknown"]
    assert cost_table(runs[1:], "best").empty


def test_where_every_cost_is_zero_tokens_stand_for_it(bench):
    free = trained(bench.home, "----", "++--", tasks=sums(4, 0), cost=0.0)
    bench.rebuild_history()
    runs = bench.compared([free.run_id])
    assert list(cost_table(runs, "best").spent) == [runs[0].run.usage.tokens]
    assert "every cost is $0" in str(cost_chart(runs, "best"))


def test_every_point_of_the_curve_carries_its_interval_and_n(bench):
    folder = trained(bench.home, "+---", "+++-", tasks=sums(4, 0), validation="+-")
    bench.rebuild_history()
    [run] = bench.compared([folder.run_id])
    drawn = curves_table([run])
    assert list(drawn.best) == [25.0, 75.0]
    low, high = run.run.best.interval
    assert drawn.low[1] == pytest.approx(100 * low)
    assert drawn.high[1] == pytest.approx(100 * high)
    assert drawn.training[1].endswith("n = 4)")
    assert list(drawn.validation.dropna()) == [50.0]


def test_a_run_has_its_letter_its_colour_and_its_shape(bench):
    first = trained(bench.home, "+---", "+++-", tasks=sums(4, 0), config={"name": "One"})
    second = trained(bench.home, "----", "+++-", tasks=sums(4, 0), config={"name": "Two"})
    bench.rebuild_history()
    *_, points = curves_chart(bench.compared([first.run_id, second.run_id]))["layer"]
    scales = [points["encoding"][channel]["scale"] for channel in ("color", "shape")]
    assert all(scale["domain"] == ["A · One", "B · Two"] for scale in scales)
    assert all(len(set(scale["range"])) == 2 for scale in scales)


def test_report_and_tables_are_offered(show, bench):
    first = trained(bench.home, "--------", "++++----")
    at = show(runs=first.run_id)
    labels = [one.label for one in at.get("download_button")]
    assert "Report (one HTML file)" in labels
    assert "Download table" in labels
