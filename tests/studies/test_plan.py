"""Study files: what can be written in them, and what is said of what cannot."""

import pytest

from agentopt_core.errors import ConfigError
from agentopt_core.studies.plan import KINDS, parse_study, read_study, to_toml
from agentopt_core.workbench import ROOT, SAMPLES
from tests.studies.support import study

SWEEP = """
kind = "sweep"
tasks = ["sums"]
seeds = [3, 4]
[sweep]
training.epochs = [5, 1]
"optimizer.max_actions" = [3, 1]
[config]
training.patience = 2
agent.endpoint.kind = "demo"
[budget]
requests = 500
"""


def test_settings_are_swept_by_dotted_path_written_either_way():
    file = parse_study(SWEEP)
    assert file.sweep == {"training.epochs": (5, 1), "optimizer.max_actions": (3, 1)}
    assert file.config == {"training": {"patience": 2}, "agent": {"endpoint": {"kind": "demo"}}}
    assert file.budget.requests == 500


@pytest.mark.parametrize(
    "file",
    [
        parse_study(SWEEP),
        study(name='A "quoted" \\ name\u007f\n', arms=("full",), parallel=2),
        study(kind="sweep", variants={"batch of 5": {"optimizer": {"strategy": "batch", "batch_size": 5}}}),
        study(kind="models", agents=({"kind": "openai", "model": "m", "temperature": 0.5}, {"kind": "demo"})),
        study(kind="sweep", sweep={"training.roll_back": (True, False), "agent.kind": ("a b", "ü")}, grid=True),
        study(config={"grader": {"kind": "math"}, "odd key": {"x.y": 1.5}}, budget={"usd": 0.25}),
    ],
    ids=["sweep", "text", "variants", "models", "words", "keys"],
)
def test_a_study_written_as_toml_reads_back_the_same(file):
    assert parse_study(to_toml(file)) == file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind = ", "is not TOML"),
        ('kind = "x"\ntasks = ["sums"]', "kind"),
        ('kind = "ablation"\ntasks = []', "tasks"),
        ('kind = "ablation"\ntasks = ["a", "a"]', "named once"),
        ('kind = "ablation"\ntasks = ["a"]\nseeds = [1, 1]', "named once"),
        ('kind = "ablation"\ntasks = ["a"]\nseed = 1', "seed"),
        ('kind = "ablation"\ntasks = ["a"]\nname = 2020-01-01', "date"),
        ('kind = "sweep"\ntasks = ["a"]\n[sweep]\nseed = [1, 2]', "cannot be swept"),
        ('kind = "sweep"\ntasks = ["a"]\n[sweep]\ntraining.epochs = []', "no values"),
        ('kind = "sweep"\ntasks = ["a"]\n[variants.a.budget]\nusd = 1', "cannot be swept"),
        ('kind = "sweep"\ntasks = ["a"]\n[variants.a]', "changes no setting"),
        ('kind = "ablation"\ntasks = ["a"]\n[budget]\nusd = -1', "budget.usd"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_field_and_the_reason(text, said):
    with pytest.raises(ConfigError, match=said):
        parse_study(text)


def test_paths_of_tasks_start_from_the_folder_of_the_file(tmp_path):
    (tmp_path / "mine.jsonl").write_text("{}")
    (tmp_path / "study.toml").write_text('kind = "ablation"\ntasks = ["mine.jsonl", "number-and-algebra"]')
    assert read_study(tmp_path / "study.toml").tasks == (str(tmp_path / "mine.jsonl"), "number-and-algebra")


def test_a_file_that_is_not_there_or_not_text_is_said_so(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_study(tmp_path / "no.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_study(tmp_path / "bytes.toml")


def test_name_and_parallel_do_not_make_another_question():
    assert study(name="a", parallel=1).digest == study(name="b", parallel=2).digest
    assert study(seeds=(1,)).digest != study(seeds=(2,)).digest


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_of_every_kind_is_shipped_and_asks_about_sample_sets(kind):
    file = read_study(ROOT / "docs" / "studies" / f"{kind}.toml")
    assert file.kind == kind
    assert all((SAMPLES / one).is_dir() for one in file.tasks)
    assert len(file.seeds) > 1
