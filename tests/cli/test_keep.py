"""`runs rename`, `tag`, `note`, `archive`, `delete`."""

import json

from tests.commands import agentopt
from tests.history.helpers import finished_run


def listed(home, *options):
    return json.loads(agentopt("runs", "--home", home, "--json", *options).stdout)


def test_a_run_is_renamed_tagged_noted_and_put_away_from_the_terminal(tmp_path):
    run = finished_run(tmp_path, name="First").run_id
    assert "Renamed to 'Second'." in agentopt("runs", "rename", run, "Second", "--home", tmp_path, "--by", "Ada").stdout
    assert "Tags: a, b." in agentopt("runs", "tag", run, "a", "b", "--home", tmp_path).stdout
    assert "Tags: b, c." in agentopt("runs", "tag", run, "c", "--remove", "A", "--home", tmp_path).stdout
    (tmp_path / "note.md").write_text("# Seen")
    agentopt("runs", "note", run, "--file", tmp_path / "note.md", "--home", tmp_path)
    agentopt("runs", "note", run, "odd", "--update", "2", "--home", tmp_path)
    (row,) = listed(tmp_path)
    assert (row["name"], row["tags"], row["note"]) == ("Second", ["b", "c"], "# Seen")
    about = json.loads((tmp_path / "runs" / run / "about.json").read_text())
    assert about["update_notes"] == {"2": "odd"}
    assert about["changes"][0]["by"] == "Ada"
    agentopt("runs", "archive", run, "--home", tmp_path)
    assert (listed(tmp_path), len(listed(tmp_path, "--archived"))) == ([], 1)
    agentopt("runs", "archive", run, "--undo", "--home", tmp_path)
    assert len(listed(tmp_path)) == 1


def test_deleting_needs_the_whole_id_and_a_yes(tmp_path):
    run = finished_run(tmp_path).run_id
    for arguments in ((run,), (run[:-1], "--yes")):
        refused = agentopt("runs", "delete", *arguments, "--home", tmp_path)
        assert refused.returncode == 2
        assert len(listed(tmp_path)) == 1
    assert f"Deleted {run}." in agentopt("runs", "delete", run, "--yes", "--home", tmp_path).stdout
    assert listed(tmp_path) == []


def test_a_note_needs_a_text_or_a_file(tmp_path):
    run = finished_run(tmp_path).run_id
    refused = agentopt("runs", "note", run, "--home", tmp_path)
    assert (refused.returncode, "Give one of the two" in refused.stderr) == (2, True)
