"""Pause, resume and stop."""

import asyncio

import pytest

from agentopt_core.commands import Command
from agentopt_core.history.command_log import CommandLog
from agentopt_core.testing import ListSink
from agentopt_core.training.control import Control, StopNow, follow
from agentopt_core.training.run import until


class Inbox:
    """Hands over the commands once."""

    def __init__(self, *kinds: str) -> None:
        self.commands = [Command(kind=kind, by="ada") for kind in kinds]

    def __call__(self) -> list[Command]:
        commands, self.commands = self.commands, []
        return commands


async def heard(control: Control) -> None:
    """Let the control take what is in its inbox."""
    listener = asyncio.create_task(control.listen())
    done, _ = await asyncio.wait({listener}, timeout=0.05)
    for task in done:
        task.result()
    listener.cancel()


def test_a_paused_run_starts_no_work_until_it_is_resumed():
    async def story():
        inbox, sink = Inbox("pause"), ListSink()
        control = Control(inbox, sink)
        await heard(control)
        waiting = asyncio.create_task(control.wait())
        await asyncio.wait({waiting}, timeout=0.01)
        assert not waiting.done()
        inbox.commands = [Command(kind="resume", by="ada")]
        await heard(control)
        await asyncio.wait_for(waiting, timeout=5)
        assert [(event.command, event.by) for event in sink.events] == [("pause", "ada"), ("resume", "ada")]

    asyncio.run(story())


def test_stop_after_epoch_lets_the_step_in_progress_finish():
    async def story():
        control = Control(Inbox("stop_after_epoch"), ListSink())
        await heard(control)
        assert control.stop_after_epoch.kind == "stopped"
        await asyncio.wait_for(control.wait(), timeout=5)

    asyncio.run(story())


def test_a_run_that_is_to_stop_after_its_epoch_can_be_told_to_go_on():
    async def story():
        control = Control(Inbox("stop_after_epoch", "resume"), ListSink())
        await heard(control)
        assert control.stop_after_epoch is None

    asyncio.run(story())


def test_stop_ends_the_work_at_once_and_says_who_asked():
    async def story():
        started = asyncio.Event()

        async def work():
            started.set()
            await asyncio.Event().wait()

        control = Control(Inbox("stop"), ListSink())
        with pytest.raises(StopNow, match="Stopped by ada"):
            await asyncio.wait_for(until(control.listen, work), timeout=5)
        assert started.is_set()

    asyncio.run(story())


def test_the_result_of_the_work_is_handed_over_while_nobody_asks_for_anything():
    async def work():
        return 42

    assert asyncio.run(until(Control(Inbox(), ListSink()).listen, work)) == 42


def test_an_error_of_the_work_is_the_callers():
    async def work():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(until(Control(Inbox(), ListSink()).listen, work))


def test_commands_given_before_the_last_launch_are_void(tmp_path):
    log = CommandLog(tmp_path / "commands.ndjson")
    for kind in ("start", "stop", "start"):
        log.append(Command(kind=kind))
    poll = follow(log)
    assert poll() == []
    log.append(Command(kind="pause"))
    log.append(Command(kind="resume"))
    assert [command.kind for command in poll()] == ["pause", "resume"]
    assert poll() == []
    log.append(Command(kind="stop"))
    assert [command.kind for command in poll()] == ["stop"]
