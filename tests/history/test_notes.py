"""about.json: what people write beside a journal."""

import threading

import pytest

from agentopt_core.errors import ConfigError, NotFound, ProtocolError
from agentopt_core.history.notes import ABOUT, change_about, read_about
from agentopt_core.views.keeping import MAX_CHANGES, MAX_NAME


def renamed(folder, name, by="Ada", seen=None):
    return change_about(folder, by, "renamed", f"name: {name}", lambda _: {"name": name}, seen)


def test_a_run_nobody_wrote_about_has_an_empty_about_and_no_file(tmp_path):
    assert read_about(tmp_path).changes == ()
    assert not (tmp_path / ABOUT).exists()


def test_a_change_says_who_when_and_what_and_what_was_there_before(tmp_path):
    kept = renamed(tmp_path, "First")
    again = renamed(tmp_path, "Second", by="Bob")
    assert (kept.before.name, again.before.name, read_about(tmp_path).name) == ("", "First", "Second")
    assert [(change.by, change.text) for change in read_about(tmp_path).changes] == [
        ("Ada", "name: First"),
        ("Bob", "name: Second"),
    ]
    assert read_about(tmp_path).changed_at == again.about.changes[-1].at > 0


def test_the_last_writer_wins_and_is_told_who_wrote_the_same_meanwhile(tmp_path):
    seen = renamed(tmp_path, "First").about.revision
    renamed(tmp_path, "Bob's", by="Bob")
    kept = renamed(tmp_path, "Ada's", seen=seen)
    assert read_about(tmp_path).name == "Ada's"
    assert kept.overwrote.startswith("Bob had changed it since you opened it (name: Bob's)")


def test_a_change_of_something_else_meanwhile_overwrites_nothing(tmp_path):
    seen = renamed(tmp_path, "First").about.revision
    change_about(tmp_path, "Bob", "tagged", "tags: a", lambda _: {"tags": ("a",)})
    assert renamed(tmp_path, "Second", seen=seen).overwrote == ""
    assert read_about(tmp_path).tags == ("a",)


def test_changes_of_many_at_the_same_time_are_all_kept(tmp_path):
    def write(number):
        change_about(
            tmp_path, f"p{number}", "noted", f"note on update {number}: 1 character",
            lambda about: {"update_notes": {**about.update_notes, number: "x"}},
        )  # fmt: skip

    threads = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(read_about(tmp_path).update_notes) == list(range(20))
    assert read_about(tmp_path).revision == 20


def test_old_changes_are_forgotten_beyond_a_bound(tmp_path):
    for number in range(MAX_CHANGES + 5):
        renamed(tmp_path, str(number))
    changes = read_about(tmp_path).changes
    assert (len(changes), changes[-1].text) == (MAX_CHANGES, f"name: {MAX_CHANGES + 4}")


def test_what_is_too_long_is_refused_and_leaves_everything_as_it_was(tmp_path):
    renamed(tmp_path, "First")
    with pytest.raises(ConfigError, match="cannot be kept: name"):
        renamed(tmp_path, "x" * (MAX_NAME + 1))
    assert read_about(tmp_path).name == "First"
    assert [path.name for path in tmp_path.iterdir()] == [ABOUT]


@pytest.mark.parametrize("content", ["{", "[]", '{"name": 3}', '{"unknown": 1}', '{"tags": ["' + "x" * 100 + '"]}'])
def test_a_damaged_file_is_said_with_the_way_out(tmp_path, content):
    (tmp_path / ABOUT).write_text(content)
    with pytest.raises(ProtocolError, match=r"cannot be read.*the run itself is whole"):
        read_about(tmp_path)


def test_a_run_that_was_deleted_meanwhile_is_not_made_again(tmp_path):
    with pytest.raises(NotFound, match="is gone"):
        renamed(tmp_path / "gone", "x")
    assert not (tmp_path / "gone").exists()
