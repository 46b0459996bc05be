"""Faults known from AutoGen's AgentOptimizer, which functions must not meet here."""

import asyncio

from .conftest import function


def test_a_time_limit_ends_a_function_that_sleeps_past_it(hasty, tmp_path):
    canary = tmp_path / "reached-the-end"
    code = f"import time\ndef f():\n    time.sleep(6)\n    open({str(canary)!r}, 'w').close()\n    return 1"
    result = asyncio.run(hasty.call(function(code), {}))
    assert result.error.type == "Timeout"
    assert not canary.exists()


def test_an_endless_loop_does_not_hang_the_caller(hasty):
    assert asyncio.run(hasty.call(function("def f():\n    while True:\n        pass"), {})).error.type == "Timeout"


def test_functions_do_not_see_the_hosts_environment(make_sandbox, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-5678")
    code = "import os, subprocess\ndef f():\n    return [dict(os.environ), subprocess.getoutput('env')]"
    result = asyncio.run(make_sandbox(workers=1).call(function(code), {}))
    assert result.value[0] == {}
    assert "canary" not in str(result.value)


def test_packages_are_never_spliced_into_code(sandbox, tmp_path):
    canary = tmp_path / "spliced"
    for packages in ((f"x'])\nopen({str(canary)!r}, 'w')\n#",), (f'"; touch {canary}; "',), ("; import os",)):
        assert asyncio.run(sandbox.call(function("def f(): return 1", packages=packages), {})).value == 1
    assert not canary.exists()


def test_packages_never_start_an_installer(sandbox):
    named = ("no-such-package-anywhere", "numpy==0.0.1")
    assert asyncio.run(sandbox.call(function("def f(): return 1", packages=named), {})).value == 1
    missing = function("import no_such_package_anywhere\ndef f(): return 1", packages=named)
    result = asyncio.run(sandbox.call(missing, {}))
    assert (result.error.type, result.error.line) == ("ModuleNotFoundError", 1)
    assert result.stdout == ""
