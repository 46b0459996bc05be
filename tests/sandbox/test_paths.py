"""What of the disk a jail holds: what Python and the allowed packages need, and nothing of anybody's."""

import os
import sys
import sysconfig
from pathlib import Path

import pytest

from agentopt_core.sandbox.bubblewrap import bubblewrap
from agentopt_core.sandbox.imports import offered_modules
from agentopt_core.sandbox.paths import Readable, closed_to_others, executable_chain, readable_paths
from agentopt_core.sandbox.zygote.offered import Offered

SITE = sysconfig.get_path("purelib")


def readable(*packages: str) -> dict[str, str]:
    return {path: access for path, access in readable_paths(packages)}


def test_the_allowed_packages_and_what_they_need_are_there_and_no_others():
    found = readable("sympy")
    inside = {os.path.basename(path) for path in found if os.path.dirname(path) == SITE}
    assert {"sympy", "mpmath"} <= inside
    assert not inside & {"streamlit", "openai", "numpy", "pytest", "duckdb"}
    assert found[SITE] == "list"  # its names, so that imports can look; not its files
    assert not [path for path in readable() if os.path.dirname(path) == SITE]


def test_no_home_no_settings_and_no_process_table_are_there():
    paths = readable("numpy", "pandas", "scipy", "sympy")
    for place in (
        Path.home(),
        Path("/proc/self"),
        Path("/etc/passwd"),
        Path("/etc/shadow"),
        Path("/tmp"),
        Path("/var"),
    ):
        assert not [
            path for path, access in paths.items() if access != "list" and Path(path) in (place, *place.parents)
        ]


def test_the_standard_library_is_there_without_what_is_installed_beside_it():
    folder = os.path.dirname(os.__file__)
    found = readable()
    assert found[os.path.join(folder, "json")] == "read"
    assert found[folder] == "list"
    assert os.path.join(folder, "site-packages") not in found


def test_only_a_device_that_keeps_nothing_can_be_written():
    assert [path for path, access in readable("numpy").items() if access == "write"] == ["/dev/null"]


def test_the_interpreter_is_found_through_all_its_links():
    chain = executable_chain()
    assert chain[0] == os.path.abspath(sys.executable)
    assert chain[-1] == os.path.realpath(sys.executable)
    assert all(os.path.islink(path) for path in chain[:-1])


def test_what_everybody_may_read_needs_no_right_of_its_own(tmp_path):
    private = tmp_path / "private"
    private.write_text("x")
    private.chmod(0o600)
    assert closed_to_others(["/usr/lib"]) is None
    closed = closed_to_others(["/usr/lib", str(private)])
    assert closed is not None
    assert private.is_relative_to(closed)  # the outermost place that keeps others out
    assert closed_to_others(["/usr/lib/missing"]) == "/usr/lib/missing"


def test_bubblewrap_is_told_to_show_just_that_read_only_and_to_bound_each_folder():
    shown = [Readable("/usr/lib", "read"), Readable("/dev/null", "write"), Readable("/opt/names", "list")]
    words = bubblewrap(shown, Path("/opt/zygote"), Path("/srv/files"), 2, 64, 9)
    text = " ".join(words)
    for option in ("--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--as-pid-1", "--info-fd 9"):
        assert option in text
    assert "--cap-drop ALL" in text
    assert text.count("--ro-bind ") == 3
    assert "--ro-bind /usr/lib /usr/lib" in text
    assert "--ro-bind /srv/files /files" in text
    assert "--size 67108864 --tmpfs /scratch/0" in text
    assert "--size 67108864 --tmpfs /scratch/1" in text
    assert text.endswith("--remount-ro / --chdir / --")
    for never in ("--die-with-parent", "--proc", "--bind ", "--share-net", "/opt/names /opt/names"):
        assert f" {never}" not in text


def test_what_lies_in_a_folder_that_is_shown_is_not_mounted_once_more(tmp_path):
    folder = tmp_path / "lib"
    folder.mkdir()
    link = folder / "sitecustomize.py"  # as in Debian's Python, where it leads to /etc: bubblewrap could not mount it
    link.symlink_to(tmp_path / "elsewhere")
    shown = [Readable(str(folder), "read"), Readable(str(link), "read")]
    text = " ".join(bubblewrap(shown, Path("/opt/zygote"), None, 1, 64, 9))
    assert f"--ro-bind {folder} {folder}" in text
    assert str(link) not in text


def test_a_module_that_is_not_offered_is_refused_with_the_list_of_those_that_are():
    finder = Offered(offered_modules(("sympy",)))
    for name in ("json", "sympy", "mpmath", "_sysconfigdata_anything", "pytest"):
        assert finder.find_spec(name) is None  # pytest is loaded here already
    assert finder.find_spec("streamlit.web", ["anywhere"]) is None  # part of a package that was let in
    with pytest.raises(ModuleNotFoundError, match=r"'no_such_module'.*only the standard library and .*mpmath.*sympy"):
        finder.find_spec("no_such_module")
    with pytest.raises(ModuleNotFoundError, match=r"only the standard library\.$"):
        Offered(()).find_spec("no_such_module")
