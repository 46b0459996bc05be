"""`python -m agentopt_core doctor` says what is missing or wrong, and its exit code too."""

import json
import platform

import pytest

from agentopt_core.__main__ import main
from agentopt_core.doctor import check_machine, check_packages, check_python, check_sandbox
from agentopt_core.rollouts import Isolation
from tests.servers import OpenAIServer, error, reply, tool_call


def able(seen):
    return tool_call("add_function", {"name": "f", "code": "..."}) if "tools" in seen.body else reply("Red.")


def test_a_fit_machine_and_endpoint_end_with_exit_code_0(tmp_path, capsys):
    with OpenAIServer(able) as server:
        code = main(["doctor", "--base-url", server.base_url, "--model", "test-model", "--home", str(tmp_path)])
    out = capsys.readouterr().out
    assert code == 0, out
    assert "This machine" in out
    assert "Function calling" in out


def test_something_that_failed_ends_with_exit_code_1_and_what_mends_it(tmp_path, capsys):
    code = main(["doctor", "--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--home", str(tmp_path)])
    out = capsys.readouterr().out
    assert code == 1
    assert "Nothing answers" in out
    assert "-> Start the server" in out


def test_json_holds_every_finding(tmp_path, capsys):
    with OpenAIServer([error(404, "model not found")], models=["other-model"]) as server:
        code = main(
            ["doctor", "--base-url", server.base_url, "--model", "othermodel", "--home", str(tmp_path), "--json"]
        )
    found = json.loads(capsys.readouterr().out)
    assert code == 1
    assert {check["name"]: check["state"] for check in found["endpoint"]}["Model"] == "failed"
    assert {check["name"] for check in found["machine"]} >= {"Python", "Packages", "Data folder", "Disk"}
    assert all(check["hint"] for part in found.values() for check in part if check["state"] == "failed")


def test_words_of_an_endpoint_cannot_paint_the_terminal(tmp_path, capsys):
    with OpenAIServer([error(404, "model [bold]x[/bold] [link=http://evil]\x1b[31m not found")]) as server:
        main(["doctor", "--base-url", server.base_url, "--model", "m", "--home", str(tmp_path)])
    out = capsys.readouterr().out
    assert "\x1b[31m" not in out
    assert "[bold]x[/bold]" in out


def test_the_help_has_an_example(capsys):
    with pytest.raises(SystemExit) as end:
        main(["doctor", "--help"])
    assert end.value.code == 0
    assert "python -m agentopt_core doctor --base-url" in capsys.readouterr().out


def test_this_machine_is_checked_without_creating_the_data_folder(tmp_path):
    home = tmp_path / "not" / "yet"
    checks = {check.name: check for check in check_machine(home)}
    assert checks["Python"].state == "ok"
    assert platform.python_version() in checks["Python"].detail
    assert checks["Packages"].state == "ok"
    assert "can be created" in checks["Data folder"].detail
    assert not home.exists()


def test_a_data_folder_that_is_a_file_cannot_be_written(tmp_path):
    home = tmp_path / "file"
    home.write_text("")
    checks = {check.name: check for check in check_machine(home)}
    assert checks["Data folder"].state == "failed"
    assert "AGENTOPT_HOME" in checks["Data folder"].hint


@pytest.mark.parametrize(("version", "state"), [("3.10.12", "failed"), ("3.11.0", "ok"), ("3.14.1", "ok")])
def test_python_must_be_new_enough(version, state):
    assert check_python(version).state == state


def test_a_missing_and_an_old_package_are_named_with_the_command_that_mends_it():
    found = check_packages(["openai>=3", "no-such-package-of-ours>=1", "pydantic<1", "openai<1; python_version<'3'"])
    assert found.state == "failed"
    assert "no-such-package-of-ours is missing" in found.detail
    assert "pydantic is 2" in found.detail
    assert "openai" not in found.detail
    assert found.hint == "make install"


def test_isolation_that_is_too_weak_says_what_is_not_protected_and_what_to_do():
    lacking = {"namespaces": "bubblewrap is not installed.", "landlock": "No Landlock.", "seccomp": "No filter."}
    found = check_sandbox(lambda: Isolation(level="limits", lacking=lacking))
    assert found.state == "failed"
    assert "NOT protected" in found.detail
    assert "bubblewrap is not installed." in found.hint
    assert "No Landlock." in found.hint


def test_isolation_that_could_be_better_says_what_is_missing():
    found = check_sandbox(lambda: Isolation(level="landlock", lacking={"namespaces": "bubblewrap is not installed."}))
    assert found.state == "ok"
    assert "'namespaces' is not available: bubblewrap is not installed." in found.detail
