import os

from agentopt_core.sandbox.zygote import scratch


def test_files_links_and_missing_names_are_removed_without_complaint(tmp_path):
    target = tmp_path / "target"
    target.mkdir()
    (target / "keep").touch()
    (tmp_path / "link").symlink_to(target)
    (tmp_path / "file").touch()
    for name in ("link", "file", "missing"):
        scratch.remove(str(tmp_path / name))
    assert sorted(os.listdir(tmp_path)) == ["target"]
    assert (target / "keep").exists()


def test_a_tree_is_removed_whole_and_what_it_links_to_stays(tmp_path):
    outside, tree = tmp_path / "outside", tmp_path / "tree"
    outside.mkdir()
    (outside / "keep").write_text("kept")
    deep = tree
    for number in range(200):
        deep = deep / "d"
        deep.mkdir(parents=True)
        (deep / f"file{number}").touch()
        (deep / "link").symlink_to(outside)
    (tree / "wide").mkdir()
    for number in range(50):
        (tree / "wide" / str(number)).mkdir()
    os.chmod(tree / "wide", 0)
    scratch.remove(str(tree))
    assert sorted(os.listdir(tmp_path)) == ["outside"]
    assert (outside / "keep").read_text() == "kept"


def test_a_name_is_taken_relative_to_an_open_folder(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    folder = os.open(tmp_path, os.O_RDONLY)
    try:
        scratch.remove("a", folder)
    finally:
        os.close(folder)
    assert not (tmp_path / "a").exists()


def test_a_tree_is_removed_by_its_path_where_folders_cannot_be_opened(tmp_path):
    outside, tree = tmp_path / "outside", tmp_path / "tree"
    outside.mkdir()
    (outside / "keep").write_text("kept")
    deep = tree
    for _ in range(200):
        deep = deep / "d"
        deep.mkdir(parents=True)
        (deep / "file").touch(0o400)
        (deep / "link").symlink_to(outside)
    for number in range(50):
        (tree / str(number)).mkdir()
    os.chmod(deep.parent, 0)
    scratch.remove_by_path(str(tree))
    scratch.remove_by_path(str(tree))  # it is gone, and that is no complaint
    assert sorted(os.listdir(tmp_path)) == ["outside"]
    assert (outside / "keep").read_text() == "kept"
