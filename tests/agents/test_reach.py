"""Which tasks a model can be put to, and what is guessed from its name."""

import pytest

from agentopt_core.agents.reach import MAX_IMAGES, out_of_reach, shown_images, within_reach
from agentopt_core.agents.vision import probably_takes_images
from agentopt_core.config import Endpoint
from agentopt_core.tasks import Attachment, Task

BLIND = Endpoint(kind="openai", model="m")
SEEING = BLIND.with_(vision=True)


def file(media_type: str = "image/png", role: str = "prompt", needed: bool = True, path: str = "a.png") -> Attachment:
    return Attachment(path=path, media_type=media_type, sha256="0" * 64, bytes=1, role=role, needed=needed)


def task(*attachments: Attachment) -> Task:
    return Task(id="t", question="What is it?", answer="1", attachments=attachments)


@pytest.mark.parametrize(
    ("attachments", "blind", "seeing"),
    [
        ((), "", ""),
        ((file(),), "needs an image shown; the model is not marked as taking images", ""),
        ((file(needed=False),), "", ""),
        ((file(needed=False), file()), "needs an image shown; the model is not marked as taking images", ""),
        ((file(role="workspace"),), "", ""),
        ((file("audio/mpeg", role="workspace"),), "", ""),
        ((file("text/csv", role="workspace"),), "", ""),
        ((file("audio/mpeg"),), "type audio/mpeg", "type audio/mpeg"),
        ((file("image/svg+xml"),), "type image/svg", "type image/svg"),
        ((file("application/pdf", needed=False),), "", ""),
        ((file(""),), "type unknown", "type unknown"),
        ((file(),) * (MAX_IMAGES + 1), "needs an image shown", "more images shown than the 20"),
        ((file(needed=False),) * (MAX_IMAGES + 1), "", ""),
    ],
)
def test_a_task_is_out_of_reach_when_something_it_needs_cannot_be_shown(attachments, blind, seeing):
    for endpoint, reason in ((BLIND, blind), (SEEING, seeing)):
        for asked in (task(*attachments), task(*attachments).for_agent()):
            found = out_of_reach(asked, endpoint)
            assert reason in found
            assert bool(found) == bool(reason)


def test_tasks_out_of_reach_are_left_out_in_order_and_counted_by_reason():
    tasks = [task(), task(file()), task(file("audio/mpeg")), task(file(needed=False)), task(file())]
    kept, reasons = within_reach(tasks, BLIND)
    assert kept == (tasks[0], tasks[3])
    assert reasons == {out_of_reach(tasks[1], BLIND): 2, out_of_reach(tasks[2], BLIND): 1}


def test_needed_images_are_shown_before_others_where_there_are_too_many():
    images = [file(path=f"{number}.png", needed=number >= 2) for number in range(MAX_IMAGES + 2)]
    assert shown_images(images, SEEING) == tuple(images[2:])
    assert shown_images(images, BLIND) == ()


SEE = """
    gpt-4o gpt-4o-mini gpt-4o-2024-08-06 openai/gpt-4.1-mini gpt-4.5-preview gpt-5 gpt-5-nano gpt-5.1 chatgpt-4o-latest
    o1 o3 o3-pro o4-mini gpt-4-turbo
    claude-3-5-sonnet-latest anthropic/claude-sonnet-4 claude-opus-4-1 claude-haiku-4-5
    gemini-1.5-pro gemini-2.5-flash google/gemini-3-pro gemma3:12b gemma-3-27b-it
    Qwen/Qwen2.5-VL-7B-Instruct qwen2.5vl:7b qwen2-vl qwen3-vl:8b Qwen/Qwen3-VL-30B-A3B-Instruct
    llava llava:13b llava-v1.6-mistral-7b pixtral-12b mistralai/Pixtral-12B-2409
    llama3.2-vision meta-llama/Llama-3.2-11B-Vision-Instruct llama-4-scout llama4:scout
    mistral-small-3.1-24b-instruct-2503 mistral-small3.1 mistral-medium-3 minicpm-v microsoft/Phi-3.5-vision-instruct
    OpenGVLab/InternVL2-8B zai-org/GLM-4.5V
"""
SEE_NOT = """
    gpt-3.5-turbo gpt-4 gpt-4o-audio-preview o1-mini o3-mini o1-preview gpt-oss:20b qwen3 qwen3:8b qwen2.5-coder:7b
    Qwen/Qwen2.5-7B-Instruct
    llama3.1 llama3.2 meta-llama/Llama-3.3-70B-Instruct mistral mistral-7b-instruct mixtral-8x7b deepseek-chat
    deepseek-r1:7b gemma2:9b gemma3:1b gemma-3-1b-it gemma3n:e4b phi4 phi-4 command-r claude-2.1 claude-instant-1.2
    test-model demo mock gemini-embedding-001 text-embedding-3-small kimi-k2 glm-4.5
"""


@pytest.mark.parametrize(
    ("name", "guess"), [(name, guess) for names, guess in ((SEE, True), (SEE_NOT, False)) for name in names.split()]
)
def test_whether_a_well_known_model_takes_images_is_guessed_from_its_name(name, guess):
    assert probably_takes_images(name) is guess
