"""The sample run that ships: small, of the demo model, something to see on every page, nothing of a machine."""

import getpass
import re
import zipfile
from pathlib import Path

import pytest

from agentopt_core.errors import NotFound, ProtocolError
from agentopt_core.history.run_bundle import FILES, pack_run, unpack_run
from agentopt_core.workbench import SAMPLES, Workbench
from tests.history.helpers import contents, finished_run, history

BUNDLE = SAMPLES / "sample_run" / "run.zip"
PERSONAL = re.compile(r"/(home|root|Users|tmp|work)/|[A-Z]:\\\\")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    bench = Workbench(tmp_path_factory.mktemp("sample") / "home", live=False)
    yield bench, bench.load_sample_run(by="test")
    bench.close()


def test_it_is_small_and_holds_only_the_files_of_a_run():
    assert BUNDLE.stat().st_size < 1_000_000
    with zipfile.ZipFile(BUNDLE) as archive:
        assert set(archive.namelist()) == set(FILES)


def test_it_names_no_folder_and_no_user_of_the_machine_it_was_made_on():
    with zipfile.ZipFile(BUNDLE) as archive:
        for name in archive.namelist():
            text = archive.read(name).decode()
            assert not PERSONAL.search(text), name
            assert str(Path.cwd()) not in text
            assert getpass.getuser() == "root" or getpass.getuser() not in text


def test_every_page_has_something_to_show(loaded):
    bench, run_id = loaded
    run, updates = bench.run(run_id), bench.updates(run_id)
    assert {"kept", "rolled_back", "rejected"} <= {update.verdict for update in updates}
    assert any(update.by for update in updates), "no update was made by hand"
    assert any(card.decision and card.decision.edited for card in bench.reviews(run_id)), "no update was edited"
    assert all(point.validation for point in bench.curve(run_id) if point.verdict == "kept")
    assert run.held_out is not None
    assert run.functions > 1
    assert bench.about(run_id).note
    assert bench.about(run_id).update_notes


def test_it_says_that_the_demo_model_answered(loaded):
    bench, run_id = loaded
    assert bench.run(run_id).is_demo
    assert "demo model" in bench.run(run_id).name.lower()


def test_noise_alone_was_measured(loaded):
    bench, run_id = loaded
    with bench._history(run_id) as store:
        assert store.rows("SELECT 1 FROM evaluation_ends WHERE series = 'again-1'")


def test_a_run_goes_into_a_bundle_and_comes_back_the_same(tmp_path):
    run = finished_run(tmp_path / "a")
    pack_run(run, tmp_path / "run.zip")
    pack_run(run, tmp_path / "again.zip")
    assert (tmp_path / "run.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()
    back = unpack_run(tmp_path / "run.zip", tmp_path / "b", "sums")
    assert back.run_id != run.run_id
    there, here = (contents(history(tmp_path / name)) for name in ("a", "b"))
    assert [len(rows) for rows in there.values()] == [len(rows) for rows in here.values()]


def test_a_damaged_bundle_leaves_nothing_behind(tmp_path):
    (tmp_path / "run.zip").write_bytes(b"PK nothing")
    with pytest.raises(ProtocolError, match="is damaged"):
        unpack_run(tmp_path / "run.zip", tmp_path / "home", "x")
    assert not list((tmp_path / "home").rglob("*.json"))


def test_only_the_files_of_a_run_are_taken_from_a_bundle(tmp_path):
    with zipfile.ZipFile(tmp_path / "run.zip", "w") as archive:
        archive.writestr("../outside.txt", "x")
        archive.writestr("trainer.log", "x")
        archive.writestr("config.json", "{}")
    run = unpack_run(tmp_path / "run.zip", tmp_path / "home", "x")
    assert sorted(path.name for path in run.path.iterdir()) == ["commands.ndjson", "config.json"]
    assert not list(tmp_path.rglob("outside.txt"))


def test_a_project_without_its_bundle_says_what_to_do(tmp_path):
    bench = Workbench(tmp_path / "home", tmp_path / "nothing", live=False)
    with pytest.raises(NotFound, match="Install the project again"):
        bench.load_sample_run(by="test")
    bench.close()
