"""What makes several proposals of one step differ."""

import asyncio

from agentopt_core.chat import ChatRequest, Purpose
from agentopt_core.optimizer.focus import FOCUS_TOKENS, Focused, added_tokens, focus
from agentopt_core.prompts import default_prompts
from agentopt_core.testing import ScriptedModel
from agentopt_core.tokens import estimate_tokens
from tests.builders import evaluation

PROMPTS = default_prompts()
ACCEPTED = evaluation("+---------------")


def told(number: int, proposals: int = 4) -> str:
    return focus(number, proposals, ACCEPTED, PROMPTS, seed=0)


def test_the_first_proposal_is_asked_for_as_without_search():
    assert told(1) == ""


def test_each_further_proposal_has_an_approach_and_failed_tasks_of_its_own():
    texts = [told(number) for number in (2, 3, 4)]
    tasks = [set(text.rsplit(": ", 1)[1].rstrip(".").split(", ")) for text in texts]
    assert len({text.splitlines()[4] for text in texts}) == 3
    assert not tasks[0] & tasks[1] | tasks[1] & tasks[2] | tasks[0] & tasks[2]
    assert "t1" not in set().union(*tasks)


def test_there_is_an_approach_for_every_proposal_however_many():
    assert all("{{" not in told(number, 16) for number in range(2, 17))


def test_without_failed_tasks_any_may_be_looked_at():
    assert "failed tasks: any." in focus(2, 2, evaluation("++"), PROMPTS, seed=0)


def test_an_overlong_text_of_the_users_own_is_cut():
    prompts = PROMPTS.changed({"optimizer_approaches": "Be bold. " * 2000})
    assert estimate_tokens(focus(2, 2, ACCEPTED, prompts, seed=0)) <= FOCUS_TOKENS


def asked(text: str, *messages: dict) -> list:
    model = ScriptedModel(["TERMINATE"])
    asyncio.run(Focused(model, text).complete(ChatRequest(purpose=Purpose(role="optimizer"), messages=messages)))
    return list(model.requests[0].messages)


def test_the_text_ends_the_first_user_message_and_changes_nothing_else():
    system, user, reply = ({"role": role, "content": role} for role in ("system", "user", "assistant"))
    again = {"role": "user", "content": "again"}
    sent = asked("Look here.", system, user, reply, again)
    assert sent == [system, {"role": "user", "content": "user\n\nLook here."}, reply, again]
    assert estimate_tokens("user\n\nLook here.") <= estimate_tokens("user") + added_tokens("Look here.")


def test_without_a_text_the_request_goes_through_as_it_is():
    user = {"role": "user", "content": "user"}
    assert asked("", user) == [user]
    assert added_tokens("") == 0
