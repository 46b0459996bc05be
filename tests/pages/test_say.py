import re
import string

from hypothesis import given
from hypothesis import strategies as st

from agentopt_core.rollouts import Proportion, Usage
from agentopt_core.views import Progress
from pages.components import say
from tests.pages.fakes import summary


@given(st.text(max_size=400))
def test_a_strangers_text_stays_text_in_markdown(text):
    shown = say.plain(text, 100)
    bare = re.sub(r"\\[" + re.escape(string.punctuation) + "]", "", shown)
    assert not set(bare) & set("\\`*_{}[]()#+-.!|~<>$&^=:@\n")


def test_icons_emoji_and_addresses_are_not_made_of_a_strangers_text():
    shown = say.plain(":material/home: :smile: www.example.test a@example.test http://example.test").replace("\\", "")
    assert not re.search(r":\w|:/|@\w|www\.", shown)


def test_characters_that_would_reorder_a_text_are_shown():
    assert say.visible("a\u202eb\u200bc") == "a⟨U+202E⟩b⟨U+200B⟩c"


def test_a_text_is_cut_to_its_limit_with_an_ellipsis():
    assert say.shorten("x" * 100_000, 50) == "x" * 49 + "…"


def test_what_was_not_measured_is_a_dash_and_never_a_zero():
    nothing = Proportion(correct=0, n=0, faults=3)
    assert {say.accuracy(None), say.accuracy(nothing), say.interval(nothing), say.measured(nothing)} == {say.DASH}
    assert say.cost(Usage(requests=3, cost_usd=None)) == say.DASH
    assert say.points(nothing, nothing) is None


def test_a_measurement_is_said_with_its_interval_its_n_and_what_could_not_be_scored():
    assert say.measured(Proportion(correct=30, n=40, faults=2)) == (
        "75.0 % (95 % interval 59.8–85.8 %, n = 40, 2 not scored)"
    )


def test_the_outcome_says_before_and_after_with_the_difference():
    said = say.outcome(summary())
    assert "from 35.0 %" in said
    assert "to 92.5 %" in said
    assert "+57.5 points" in said


def test_a_run_in_which_nothing_beat_the_baseline_says_so():
    run = summary(best=Proportion(correct=14, n=40), best_evaluation=0, functions=0)
    assert say.outcome(run).startswith("No update beat the baseline: 35.0 %")


def test_time_left_follows_the_pace_of_the_evaluation():
    progress = Progress(
        evaluation=1, split="train", done=10, total=40, correct=5, faults=0, started_at=100.0, phase="evaluating"
    )
    assert say.remaining(progress, now=120.0) == "about 1 min 00 s left"
    assert say.remaining(progress.with_(done=0), now=120.0) == ""


def test_ages_are_said_in_the_largest_fitting_unit():
    assert [say.ago(0, now) for now in (3, 30, 90, 7_200)] == ["just now", "30 s ago", "1 min ago", "2 h ago"]


def test_every_stop_is_explained_in_words():
    assert say.stop_reason(summary(stop_reason="patience")).startswith("Stopped early")
    assert say.stop_reason(summary(stop_reason="Said by the core.")) == "Said by the core."


def test_a_screening_is_told_apart_from_an_evaluation():
    doing = Progress(
        evaluation=3, split="train", series="screen-3-2", done=1, total=8, correct=1, faults=0, started_at=0.0,
        phase="evaluating",
    )  # fmt: skip
    assert say.under_way(doing) == "Evaluation 3, screening of proposal 2 of step 3: 1 of 8 tasks"
    assert say.under_way(doing.with_(series="")) == "Evaluation 3: 1 of 8 tasks"
