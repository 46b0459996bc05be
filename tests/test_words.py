"""The words: functions, updates, evaluations, configuration, prompts, events."""

import json
import math

import pytest
from scipy.stats import binomtest

from agentopt_core.chat import Purpose
from agentopt_core.config import Budget, RunConfig, TrainingConfig, parse_config
from agentopt_core.errors import ConfigError
from agentopt_core.events import RequestFinished, Warned, from_line, to_line
from agentopt_core.forecast import Workload, forecast
from agentopt_core.presets import presets
from agentopt_core.prompts import PromptBook, default_prompts
from agentopt_core.rollouts import Proportion, Usage
from tests.builders import adds, evaluation, function, functions, removes, revises, tasks


def test_a_function_set_keeps_its_order_when_a_function_is_revised():
    revised = revises("b", "def b(x):\n    return 0\n").apply(functions("a", "b", "c"))
    assert revised.names == ("a", "b", "c")
    assert "return 0" in revised.get("b").code


def test_an_update_applies_its_actions_in_order_to_the_accepted_set():
    assert adds("c").apply(functions("a")).names == ("a", "c")
    assert removes("a").apply(functions("a", "b")).names == ("b",)


def test_an_update_from_scratch_ignores_the_accepted_set():
    assert adds("c").with_(from_scratch=True).apply(functions("a")).names == ("c",)


def test_equal_sets_have_equal_digests_in_any_order_and_different_ones_do_not():
    assert functions("a", "b").digest == functions("b", "a").digest
    assert functions("a", "b").digest != functions("a").digest
    assert function("a", "def a(x): return 1").digest != function("a").digest


def test_a_question_holds_nothing_that_tells_the_answer():
    task = tasks(1)[0].with_(answer="SECRET", solution="SECRET", aliases=("SECRET",), meta={"answer": "SECRET"})
    assert "SECRET" not in task.for_agent().model_dump_json()


def test_faults_are_neither_right_nor_wrong():
    result = evaluation("++-!").result
    assert (result.correct, result.n, result.faults) == (2, 3, 1)
    assert evaluation("++-!").table() == {"t1": 1, "t2": 1, "t3": 0}


@pytest.mark.parametrize(("correct", "n"), [(0, 1), (7, 10), (20, 20), (433, 1000)])
def test_the_interval_of_an_accuracy_is_wilsons(correct, n):
    expected = binomtest(correct, n).proportion_ci(method="wilson")
    low, high = Proportion(correct=correct, n=n).interval
    assert math.isclose(low, expected.low, abs_tol=1e-9)
    assert math.isclose(high, expected.high, abs_tol=1e-9)


def test_a_measurement_that_does_not_exist_is_none_and_never_zero():
    assert Proportion(correct=0, n=0).accuracy is None
    assert Proportion(correct=0, n=0).interval is None


def test_an_unknown_price_makes_the_sum_unknown():
    assert (Usage(requests=1, cost_usd=0.5) + Usage(requests=1, cost_usd=None)).cost_usd is None
    assert (Usage(cost_usd=0.5) + Usage(cost_usd=0.25)).cost_usd == 0.75


def test_an_event_is_one_line_and_comes_back_as_it_was():
    event = RequestFinished(
        purpose=Purpose(role="agent", evaluation=1, task_id="t\n1"), model="m", usage=Usage(), ms=1.5, attempts=2
    )
    line = to_line(event)
    assert line.count(b"\n") == 1
    assert from_line(line) == event


def test_half_characters_in_an_event_do_not_stop_the_journal():
    assert from_line(to_line(Warned(message="a\ud800b"))).message == "a?b"


def test_events_and_fields_of_a_newer_version_are_passed_over():
    assert from_line(b'{"kind": "from_the_future", "v": 9}') is None
    assert from_line(b'{"kind": "warned", "message": "m", "new": 1}').message == "m"


def test_a_line_that_is_no_event_is_an_error():
    with pytest.raises(ValueError, match="kind"):
        from_line(b"[]")


def test_a_configuration_survives_json():
    config = RunConfig(training=TrainingConfig(epochs=3))
    assert parse_config(json.loads(config.model_dump_json())) == config


def test_a_wrong_setting_is_named_with_what_is_wrong():
    with pytest.raises(ConfigError, match=r"training\.epochs"):
        parse_config({"training": {"epochs": 0}})
    with pytest.raises(ConfigError, match="epoch_count"):
        parse_config({"training": {"epoch_count": 1}})


def test_no_configuration_field_can_hold_a_key():
    assert "api_key_env" in json.dumps(RunConfig().model_dump(mode="json"))
    with pytest.raises(ConfigError, match="api_key"):
        parse_config({"agent": {"endpoint": {"api_key": "sk-secret"}}})


def test_a_prompt_is_filled_with_text_that_may_itself_look_like_a_place():
    book = PromptBook(texts={"greet": "Hello {{name}}, {{name}}!"})
    assert book.fill("greet", name="{{other}} $5") == "Hello {{other}} $5, {{other}} $5!"


def test_a_changed_prompt_must_keep_its_places():
    book = default_prompts()
    name = next(name for name, text in book.texts.items() if "{{" in text)
    with pytest.raises(ConfigError, match="lost"):
        book.changed({name: "nothing left"})
    with pytest.raises(ConfigError, match="no prompt 'nonsense'"):
        book.changed({"nonsense": ""})


def test_every_preset_is_a_valid_configuration_with_an_explanation():
    for preset in presets(RunConfig().agent.endpoint).values():
        assert parse_config(json.loads(preset.config.model_dump_json())) == preset.config
        assert preset.explanation


def test_the_forecast_is_bounded_by_the_worst_case_of_algorithm_2():
    config = RunConfig(training=TrainingConfig(epochs=10, patience=10))
    assert forecast(config, Workload(20)).evaluations_max == 111
    assert forecast(config, Workload(20)).rollouts_max == 2220
    limited = config.with_(training=TrainingConfig(max_evaluations=5))
    assert forecast(limited, Workload(20)).evaluations_max == 5
    assert forecast(config.with_(budget=Budget(requests=50)), Workload(20)).requests_max == 50


def test_the_forecast_counts_two_requests_for_each_answer_that_a_model_judges():
    config = RunConfig(training=TrainingConfig(max_evaluations=5))
    assert (
        forecast(config, Workload(20, judged=4)).requests_max == forecast(config, Workload(20)).requests_max + 5 * 4 * 2
    )
    unjudged = forecast(config, Workload(20, test=6)).requests_max
    assert forecast(config, Workload(20, test=6, judged_test=3)).requests_max == unjudged + 2 * 3 * 2
