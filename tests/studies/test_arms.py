"""What each kind of study compares."""

import pytest

from agentopt_core.errors import ConfigError
from agentopt_core.studies.arms import arms_of, cells_of, config_of
from tests.studies.support import study


def settings(file):
    return {arm.key: arm.settings for arm in arms_of(file)}


def test_an_ablation_is_the_full_method_against_it_without_a_part():
    assert settings(study()) == {
        "full": {},
        "no_roll_back": {"training.roll_back": False},
        "no_early_stop": {"training.early_stop": False},
        "neither": {"training.roll_back": False, "training.early_stop": False},
        "whole_set": {"optimizer.progressive": False},
    }


def test_a_sweep_changes_one_setting_at_a_time_from_the_first_values():
    file = study(kind="sweep", sweep={"training.epochs": (3, 1, 5), "training.patience": (2, 0)})
    found = [tuple(arm.settings.values()) for arm in arms_of(file)]
    assert found == [(3, 2), (1, 2), (5, 2), (3, 0)]
    assert [arm.title for arm in arms_of(file)] == ["E = 3, C = 2", "E = 1", "E = 5", "C = 0"]


def test_a_grid_takes_every_combination():
    file = study(kind="sweep", grid=True, sweep={"training.epochs": (3, 1), "training.patience": (2, 0)})
    assert [tuple(arm.settings.values()) for arm in arms_of(file)] == [(3, 2), (3, 0), (1, 2), (1, 0)]


def test_batch_strategy_and_size_are_swept_by_their_paths():
    file = study(kind="sweep", sweep={"optimizer.strategy": ("full", "batch"), "optimizer.batch_size": (20, 5)})
    assert settings(file) == {
        "strategy = full, batch size = 20": {"optimizer.strategy": "full", "optimizer.batch_size": 20},
        "strategy = batch": {"optimizer.strategy": "batch", "optimizer.batch_size": 20},
        "batch size = 5": {"optimizer.strategy": "full", "optimizer.batch_size": 5},
    }


def test_a_variant_changes_several_settings_together_from_the_reference():
    variants = {"batch of 5": {"optimizer": {"strategy": "batch", "batch_size": 5}}}
    batch = {"optimizer.strategy": "batch", "optimizer.batch_size": 5}
    assert settings(study(kind="sweep", variants=variants)) == {"as configured": {}, "batch of 5": batch}
    both = study(kind="sweep", variants=variants, sweep={"training.epochs": (3, 1)})
    assert settings(both)["batch of 5"] == {"training.epochs": 3, **batch}
    assert arms_of(both)[0].title == "E = 3"


def test_every_agent_model_is_trained_with_every_optimizer_model():
    small, large = {"kind": "openai", "model": "small"}, {"kind": "openai", "model": "large"}
    file = study(kind="models", agents=(small, large), optimizers=(small, large))
    assert [arm.title for arm in arms_of(file)] == [
        "agent small × optimizer small",
        "agent small × optimizer large",
        "agent large × optimizer small",
        "agent large × optimizer large",
    ]
    config = config_of(file, cells_of(file)[1])
    assert (config.agent.endpoint.model, config.optimizer.endpoint.model) == ("small", "large")


def test_before_and_after_has_both_agents():
    assert settings(study(kind="agents")) == {
        "function_calling": {"agent.kind": "function_calling"},
        "react": {"agent.kind": "react"},
    }


def test_transfer_trains_on_each_set_and_measures_on_each_other():
    file = study(kind="transfer", tasks=("a", "b"), seeds=(7,))
    cells = [(cell.arm, cell.tasks, cell.begins_with) for cell in cells_of(file)]
    assert cells == [("a", "a", ""), ("b", "b", ""), ("a", "b", "a | a | 7"), ("b", "a", "b | b | 7")]
    measuring = config_of(file, cells_of(file)[2]).training
    assert (measuring.max_evaluations, measuring.open_test, measuring.validation) == (1, True, "off")


def test_each_seed_fills_the_table_before_the_next_begins():
    cells = cells_of(study(tasks=("a", "b"), arms=("full", "neither")))
    assert [cell.seed for cell in cells] == [1] * 4 + [2] * 4
    assert len({cell.key for cell in cells}) == 8


def test_a_cell_is_configured_by_the_file_its_arm_and_its_seed():
    file = study(config={"training": {"epochs": 2}}, name="Mine")
    config = config_of(file, next(cell for cell in cells_of(file) if (cell.arm, cell.seed) == ("neither", 2)))
    assert (config.training.epochs, config.training.roll_back, config.seed) == (2, False, 2)
    assert config.name == "Mine: Without roll-back and early stop · sums · seed 2"
    assert file.config == {"training": {"epochs": 2}}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"arms": ("fool",)}, "fool"),
        ({"arms": ("full",)}, "compares nothing"),
        ({"kind": "sweep"}, "settings to change"),
        ({"kind": "sweep", "sweep": {"training.epochs": (3,)}}, "compares nothing"),
        ({"kind": "sweep", "sweep": {"training.epochs": (3, 1, 1)}}, "same value twice"),
        ({"kind": "models", "agents": ({"model": "m"}, {"model": "m"})}, "read the same"),
        ({"kind": "transfer"}, "compares nothing"),
        ({"kind": "transfer", "tasks": ("a", "b"), "arms": ("a",)}, "cannot be chosen"),
        ({"tasks": tuple("abcdefghijklmnopqrst"), "seeds": tuple(range(50))}, "5000 runs"),
    ],
)
def test_a_study_that_compares_nothing_or_too_much_is_refused(fields, said):
    with pytest.raises(ConfigError, match=said):
        cells_of(study(**fields))


@pytest.mark.parametrize("path", ["training.epoks", "training.epochs.more"])
def test_a_setting_that_no_run_has_is_refused_with_its_arm(path):
    file = study(kind="sweep", sweep={path: (1, 2)}, config={"training": {"epochs": 1}})
    with pytest.raises(ConfigError, match=r"epok|is a value"):
        config_of(file, cells_of(file)[0])
