"""What comes together: folders, zips and uploads, sound and hostile."""

import io
import os
import random
import stat
import zipfile

import pytest

from agentopt_core.errors import TaskSetError
from agentopt_core.importing import Bundle
from agentopt_core.importing.limits import MAX_ENTRIES
from tests.importing.archives import by_hand, entry, zipped
from tests.importing.helpers import read, read_files, read_path

GOOD = entry(b"a.csv", b"question,answer\nQ,A\n")
NOISE = random.Random(1).randbytes(600_000)
MEGABYTES_10 = bytes(10_000_000)


def content(bundle: Bundle) -> dict[str, bytes]:
    found = {}
    for name in bundle.names():
        with bundle.open(name) as file:
            found[name] = file.read()
        assert len(found[name]) == bundle.size(name)
    return found


def test_a_folder_is_its_files_below_without_links_and_hidden_ones(tmp_path):
    for name in ("b.csv", "deep/er/a.txt", ".hidden", ".git/config"):
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "secret").write_text("s")
    (tmp_path / "set" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "set" / "folder").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "set" / "pipe")
    with Bundle.of_path(tmp_path / "set") as bundle:
        assert content(bundle) == {"b.csv": b"b.csv", "deep/er/a.txt": b"deep/er/a.txt"}
        assert bundle.name == "set"


def test_a_folder_of_links_says_why_nothing_was_found(tmp_path):
    (tmp_path / "a.csv").write_text("question,answer\nQ,A\n")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "a.csv").symlink_to(tmp_path / "a.csv")
    with pytest.raises(TaskSetError, match="1 link skipped: copy the folder"):
        read_path(tmp_path / "cache")


def test_a_link_put_in_a_files_place_later_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("s")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a.csv").write_text("a")
    with Bundle.of_path(tmp_path / "set") as bundle:
        (tmp_path / "set" / "a.csv").unlink()
        (tmp_path / "set" / "a.csv").symlink_to(tmp_path / "secret")
        with pytest.raises(TaskSetError, match="cannot be read"):
            bundle.open("a.csv")


def test_a_zip_is_its_files_without_what_macos_adds():
    data = zipped({"set/a.csv": b"1", "set/b/c.txt": b"2", "__MACOSX/set/._a.csv": b"3", "set/.DS_Store": b"4"})
    with Bundle.of_uploads([("set.zip", data)]) as bundle:
        assert content(bundle) == {"set/a.csv": b"1", "set/b/c.txt": b"2"}


def test_uploads_are_read_from_bytes_and_from_open_files_by_several_readers_at_once():
    with Bundle.of_uploads([("a.bin", b"abc"), ("b.bin", io.BytesIO(b"0123456789"))]) as bundle:
        first, second = bundle.open("b.bin"), bundle.open("b.bin")
        assert (first.read(4), second.read(2), first.read(), second.read()) == (b"0123", b"01", b"456789", b"23456789")
        second.seek(-3, io.SEEK_END)
        assert (second.read(), content(bundle)["a.bin"]) == (b"789", b"abc")


def test_uploads_of_one_name_stay_apart_and_a_folder_sent_whole_keeps_its_paths():
    files = [("set/a.txt", b"1"), ("set/b/a.txt", b"2"), ("set/a.txt", b"3"), ("set/.DS_Store", b"4")]
    with Bundle.of_uploads(files) as bundle:
        assert content(bundle) == {"set/a.txt": b"1", "set/b/a.txt": b"2", "set/a (2).txt": b"3"}
        assert bundle.name == "set"


@pytest.mark.parametrize("name", ["../../x/a.csv", "/etc/a.csv", "C:\\files\\a.csv", "a\0.csv", "x/../../a.csv"])
def test_an_uploads_name_never_leads_anywhere(name):
    with Bundle.of_uploads([(name, b"")]) as bundle:
        assert bundle.names() == ("a.csv",)


def test_several_zips_are_unpacked_and_one_beside_other_files_is_there_both_ways():
    inner = zipped({"red.txt": b"r"})
    with Bundle.of_uploads([("one.zip", inner), ("two.zip", inner)]) as bundle:
        assert bundle.names() == ("one/red.txt", "two/red.txt")
    with Bundle.of_uploads([("t.csv", b"q"), ("files.zip", inner), ("broken.zip", b"PK")]) as bundle:
        assert bundle.names() == ("broken.zip", "files.zip", "files/red.txt", "t.csv")


HOSTILE = {
    "dots": (by_hand(GOOD, entry(b"../out.csv", b"x")), "does not lie inside"),
    "dots in between": (by_hand(GOOD, entry(b"a/../../out.csv", b"x")), "does not lie inside"),
    "absolute": (by_hand(GOOD, entry(b"/etc/passwd", b"x")), "does not lie inside"),
    "drive": (by_hand(GOOD, entry(b"C:/x", b"x")), "does not lie inside"),
    "backslash": (by_hand(GOOD, entry(b"..\\x", b"x")), "does not lie inside"),
    "link": (by_hand(GOOD, entry(b"link", b"/etc/passwd", mode=stat.S_IFLNK | 0o777)), "link or device"),
    "device": (by_hand(GOOD, entry(b"dev", b"", mode=stat.S_IFCHR | 0o666)), "link or device"),
    "encrypted": (by_hand(GOOD, entry(b"x", b"y", flags=1)), "encrypted"),
    "twice": (by_hand(GOOD, GOOD), "in it twice"),
    "another method": (zipped({"a.csv": b"question,answer\nQ,A\n"}, zipfile.ZIP_LZMA), "by a method"),
    "control character": (by_hand(GOOD, entry(b"a\x1bb", b"x")), "name that no file should have"),
    "bomb": (by_hand(GOOD, entry(b"big.json", MEGABYTES_10)), "more than 100 times"),
    "many bombs": (by_hand(*(entry(b"%d" % n, bytes(900_000)) for n in range(30))), "more than 100 times"),
    "too much": (
        by_hand(GOOD, *(entry(b"%d" % n, b"x" * 99, says=50_000_000, method=0) for n in range(5))),
        "200 MB|100 t",
    ),
    "too many": (by_hand(*(entry(b"%d.txt" % n, b"") for n in range(MAX_ENTRIES + 1))), "more than 2,000 files"),
    "no archive": (b"PK\x03\x04" + bytes(50), "no zip archive"),
    "empty": (b"", "no zip archive"),
    "cut": (by_hand(GOOD)[:-30], "no zip archive"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_zip_is_refused_whole_before_it_is_unpacked(kind, tmp_path):
    data, says = HOSTILE[kind]
    with pytest.raises(TaskSetError, match=says) as caught:
        read("set.zip", data)
    assert caught.value.hint
    (tmp_path / "set.zip").write_bytes(data)
    with pytest.raises(TaskSetError, match=says):
        read_path(tmp_path / "set.zip")


def test_an_archive_that_lies_about_a_size_gives_no_more_than_it_says():
    lie = entry(b"a.csv", b"question,answer\n" + b"Q,A\n" * 200_000, says=20)
    with Bundle.of_uploads([("x.zip", by_hand(lie))]) as bundle:
        assert len(content(bundle)["a.csv"]) == 20


def test_a_damaged_file_in_an_archive_is_named():
    damaged = bytearray(by_hand(entry(b"a.csv", b"question,answer\nQ,A\n", method=0)))
    damaged[40] ^= 1
    with pytest.raises(TaskSetError, match=r"its file 'a\.csv' cannot be unpacked"):
        read("x.zip", bytes(damaged))


def test_entries_that_share_their_bytes_are_read_once():
    sound = by_hand(*(entry(b"%d.csv" % n, b"question,answer\nQ,A\n") for n in range(2)))
    at = sound.rindex(b"PK\x01\x02")
    overlapping = sound[: at + 42] + bytes(4) + sound[at + 46 :]  # the second entry points to the first one's bytes
    draft = read("x.zip", overlapping)
    assert draft.files == ("0.csv",)
    assert [issue.file for issue in draft.issues if issue.file] == ["1.csv"]


def test_thousands_of_files_of_one_problem_each_are_no_attack():
    problem = b'{"problem": "%d?", "level": "Level 1", "type": "Algebra", "solution": "\\\\boxed{%d}"}'
    data = zipped({f"MATH/train/algebra/{n}.json": problem % (n, n) for n in range(MAX_ENTRIES + 500)})
    assert read("MATH.zip", data).profile.tasks == MAX_ENTRIES + 500


def test_archives_in_an_archive_stay_closed():
    inner = zipped({"b.csv": b"question,answer\nQ2,A\n"})
    draft = read("set.zip", zipped({"a.csv": b"question,answer,files\nQ1,A,inner.zip\n", "inner.zip": inner}))
    assert (draft.files, draft.profile.media) == (("a.csv",), {"application/zip": 1})


@pytest.mark.parametrize("files", [{}, {"notes.txt": b"hello", "b.pdf": b"%PDF"}])
def test_files_without_tasks_are_refused_with_what_was_found(files):
    with pytest.raises(TaskSetError, match=r"No file|no file of tasks; files found: 2 \(b.pdf, notes.txt\)"):
        read_files(files)


def test_more_rows_than_can_be_read_are_refused_also_over_several_files():
    rows = b"question,answer\n" + b"Q,A\n" * 60_000
    with pytest.raises(TaskSetError, match="100,000 rows"):
        read_files({"train.csv": rows, "test.csv": rows})
