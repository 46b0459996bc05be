"""How many calls a rollout may make, what its Python remembers, and where its code finds the task's files."""

from contextlib import suppress

from agentopt_core.config import AgentConfig
from agentopt_core.tasks import Attachment
from agentopt_core.testing import InMemorySandbox, tool_message

from .support import DOUBLE, QUESTION, final, play, tool_texts


class Recording(InMemorySandbox):
    """Notes which files calls and notebooks were given, and how many notebooks are open."""

    def __init__(self):
        super().__init__()
        self.given, self.opened, self.closed = [], 0, 0

    async def call(self, function, arguments, attachments=()):
        self.given.append(attachments)
        return await super().call(function, arguments, attachments)

    def notebook(self, attachments=()):
        self.given.append(attachments)
        self.opened += 1
        notebook, sandbox = super().notebook(), self

        class Closing:
            run = notebook.run

            async def close(self):
                sandbox.closed += 1

        return Closing()


def test_calls_beyond_those_a_rollout_may_make_are_declined_and_said():
    script = [tool_message(("double", {"x": 1}), ("double", {"x": 2}), ("python", {"code": "print(3)"})), final("4")]
    rollout, _ = play(script, DOUBLE, config=AgentConfig(calls_per_rollout=2))
    texts = tool_texts(rollout)
    assert texts[:2] == ["2", "4"]
    assert "the 2 calls that one task may make are used up" in texts[2]
    assert len(rollout.calls) == 2
    assert rollout.answer.text == "4"


def test_blocks_of_code_count_as_calls_too():
    script = ["```python\nprint(1)\n```\n```python\nprint(2)\n```", "FINAL ANSWER: 1"]
    rollout, _ = play(script, config=AgentConfig(calls_per_rollout=1))
    assert len(rollout.calls) == 1
    assert "used up" in rollout.messages[3].content


def test_python_remembers_within_a_rollout_and_not_beyond():
    define = tool_message(("python", {"code": "x = 41"}))
    show = tool_message(("python", {"code": "print(x + 1)"}))
    sandbox = InMemorySandbox()
    rollout, _ = play([define, show, final("42")], sandbox=sandbox)
    assert tool_texts(rollout)[1] == "42"
    rollout, _ = play([show, final("?")], sandbox=sandbox)
    assert "NameError" in tool_texts(rollout)[0]


def test_a_rollouts_notebook_is_closed_however_the_rollout_ends():
    for script in ([final("1")], [RuntimeError("broken")], ["", ""]):
        sandbox = Recording()
        with suppress(RuntimeError):
            play(script, sandbox=sandbox)
        assert (sandbox.opened, sandbox.closed) == (1, 1)


def test_functions_and_python_are_given_the_tasks_files_and_the_model_is_told_where_they_are():
    attachment = Attachment(path="tables/prices.csv", media_type="text/csv", sha256="", bytes=1)
    question = QUESTION.with_(attachments=(attachment,))
    sandbox = Recording()
    rollout, _ = play([tool_message(("double", {"x": 1})), final("2")], DOUBLE, sandbox=sandbox, question=question)
    assert sandbox.given == [(attachment,), (attachment,)]
    assert "- attachments/prices.csv" in rollout.messages[1].content
