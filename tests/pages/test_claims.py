"""No share of tasks stands on any page without its n and its split, and the demo model's figures carry their label."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from agentopt_core.config import DEMO_LABEL, RunConfig
from agentopt_core.workbench import Workbench
from scripts.served import train_to_the_end

SHARE = re.compile(r"\d+\.\d\s?%")
"""A share of tasks: with one decimal, as the house writes accuracies."""
N = re.compile(r"n = \d|of \d+|\d+/\d+|of the \d+|\d+ common|\d+ calls")
INTERVAL = re.compile(r"\d–\d+\.\d\s?%")
SPLIT = re.compile(r"train|validation|held-out|test|splits", re.IGNORECASE)
VIEWS = ("Functions", "Lineage", "Tasks", "Evidence")
PAGES = {
    "overview": ("overview", {}),
    "tasks": ("tasks", {}),
    "form": ("train", {}),
    "run": ("train", {"run": True}),
    "review": ("review", {"run": True}),
    **{f"functions {view}": ("functions", {"run": True, "view": view}) for view in VIEWS},
    "compare": ("compare", {"runs": True}),
    "traces": ("traces", {"run": True}),
}


@pytest.fixture(scope="module")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workbench, dict[str, str]]]:
    """A run that the real trainer has finished, with credit, and the sample run."""
    home = tmp_path_factory.mktemp("claims") / "home"
    bench = Workbench(home, live=False)
    config = RunConfig.model_validate({"name": "Claims", "health": {"credit": "end"}, "training": {"epochs": 3}})
    trained = train_to_the_end(home, config, bench.task_set("files-and-everyday"))
    sample = bench.load_sample_run("test")
    yield bench, {"trained": trained, "sample": sample}
    bench.close()


def claims(at) -> Iterator[tuple[str, str]]:
    """Kind and whole text of everything that is read as one thing: a paragraph, a metric with its label and help."""
    for kind in ("title", "subheader", "markdown", "caption", "error", "warning", "success", "info"):
        yield from ((kind, str(one.value)) for one in at.get(kind))
    for one in at.metric:
        yield "metric", f"{one.label} {one.value} {one.delta} {one.help} {one.proto.delta_description}"
    for one in at.expander:
        yield "expander", one.label
    for one in (*at.button, *at.get("page_link")):
        yield "button", f"{one.label} {getattr(one, 'help', '')}"


@pytest.mark.parametrize("where", ["trained", "sample"])
@pytest.mark.parametrize("name", PAGES)
def test_every_share_has_its_n_and_split_and_demo_figures_their_label(page, demo_home, name, where):
    bench, runs = demo_home
    asked, parameters = PAGES[name]
    at = page(bench, asked, **{key: runs[where] if value is True else value for key, value in parameters.items()})
    assert not at.exception
    said = [(kind, text.replace("\\", "").replace("\u2060", "")) for kind, text in claims(at)]
    with_shares = [(kind, text) for kind, text in said if SHARE.search(text)]
    without_interval = [text for kind, text in with_shares if kind == "metric" and not INTERVAL.search(text)]
    assert without_interval == []
    bare = [one for one in with_shares if not N.search(one[1]) or not SPLIT.search(one[1])]
    assert bare == []
    if with_shares:
        assert any(DEMO_LABEL.split(":")[0] in text for _, text in said)
