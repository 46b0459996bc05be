import os
import subprocess
import sys

import pytest

from .conftest import LEVELS_HERE, runner

TREES = """
import os
def f(canary):
    os.makedirs('a/b/c')
    open('a/b/c/file', 'w').close()
    os.symlink(canary, 'link'); os.symlink(canary, 'a/b/link')
    os.link('a/b/c/file', 'hard')
    os.mkfifo('pipe')
    os.chmod('a/b/c', 0); os.chmod('a/b', 0); os.chmod('a', 0)
    folder = os.getcwd()
    os.mkdir('deep'); os.chdir('deep')
    for _ in range(300):
        os.mkdir('d'); os.chdir('d')
    os.chmod(folder, 0)
    return folder
"""


def test_the_environment_is_empty_so_no_key_can_be_read(make_sandbox, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-1234")
    run = runner(make_sandbox(workers=1))
    result = run(
        "import os\ndef f():\n    worker = os.getppid()\n    with open(f'/proc/{worker}/stat') as file:\n"
        "        zygote = int(file.read().split()[3])\n"
        "    files = [open(f'/proc/{pid}/environ').read() for pid in ('self', worker, zygote)]\n"
        "    return [dict(os.environ), os.getenv('OPENAI_API_KEY'), *files]"
    )
    assert result.value[:2] == [{}, None]
    assert "canary" not in str(result.value)
    assert "OPENAI" not in str(result.value)


def test_a_program_that_a_function_starts_sees_no_key_either(make_sandbox, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-1234")
    run = runner(make_sandbox(workers=1))
    result = run(
        "import subprocess\ndef f(): return subprocess.run(['/usr/bin/env'], capture_output=True).stdout.decode()"
    )
    assert result.ok
    assert "canary" not in result.value


def test_nothing_of_the_host_is_inherited_but_output_and_result(run):
    code = (
        "import os\ndef f():\n    found = []\n    for fd in range(256):\n        try:\n            os.fstat(fd)\n"
        "            found.append(fd)\n        except OSError: pass\n    return found"
    )
    secret = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(secret, True)
    try:
        assert run(code).value == [0, 1, 2, 3]
    finally:
        os.close(secret)


def test_the_project_and_the_working_folder_are_not_importable_by_accident(run):
    assert run("import sys\ndef f(): return '' in sys.path").value is False
    assert run("import app\ndef f(): pass").error.type == "ModuleNotFoundError"


@pytest.mark.parametrize("level", [level for level in LEVELS_HERE if level in ("namespaces", "limits")])
def test_a_call_starts_in_an_empty_folder_that_is_gone_afterwards(make_sandbox, level):
    result = runner(make_sandbox(level, workers=1, notebooks=0))(
        "import os, tempfile\ndef f():\n    before = os.listdir()\n    open('left', 'w').close()\n"
        "    return [before, os.getcwd(), tempfile.mkdtemp()]"
    )
    before, folder, temporary = result.value
    assert before == []
    assert temporary.startswith(folder)
    assert not os.path.exists(folder)


def test_a_folder_of_any_mode_and_depth_is_removed_and_links_are_not_followed(run_loose, tmp_path):
    canary = tmp_path / "canary"
    canary.mkdir()
    (canary / "keep").write_text("kept")
    mode = canary.stat().st_mode
    result = run_loose(TREES, canary=str(canary))
    assert result.ok, result.error
    assert not os.path.lexists(result.value)
    assert (canary / "keep").read_text() == "kept"
    assert canary.stat().st_mode == mode


def test_a_scratch_folder_that_was_swapped_for_a_link_does_not_lead_the_removal_away(run_loose, tmp_path):
    canary = tmp_path / "canary"
    canary.mkdir()
    (canary / "keep").touch()
    result = run_loose(
        "import os\ndef f(canary):\n    folder = os.getcwd()\n    os.rmdir(folder)\n    os.symlink(canary, folder)\n"
        "    return folder",
        canary=str(canary),
    )
    assert result.ok
    assert not os.path.lexists(result.value)
    assert (canary / "keep").exists()


def test_a_sandbox_without_the_full_libraries_in_use_never_starts_their_zygote(tmp_path):
    program = (
        "import asyncio, os, sys\nfrom agentopt_core.config import SandboxLimits\n"
        "from agentopt_core.functions import Function\nfrom agentopt_core.sandbox import ProcessSandbox\n"
        "async def main():\n    sandbox = ProcessSandbox(SandboxLimits(), 'limits')\n"
        "    await sandbox.call(Function(name='f', description='', parameters={}, code='def f(): return 1'), {})\n"
        "    print(len(os.listdir(os.environ['TMPDIR'])))\n    await sandbox.close()\n"
        "    print(len(os.listdir(os.environ['TMPDIR'])))\n"
        "    print('numpy' in sys.modules)\nasyncio.run(main())"
    )
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    environment = {"TMPDIR": str(tmp_path), "PYTHONPATH": root}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "0", "False"]
