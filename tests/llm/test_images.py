"""Images in requests: what they count as, and what an endpoint's refusal of one means."""

import base64
import io
import json

import pytest
from PIL import Image

from agentopt_core.errors import EndpointSetupError, RequestRefused
from agentopt_core.llm.failures import Failure, meaning
from agentopt_core.llm.image_tokens import image_tokens
from agentopt_core.llm.redaction import Redactor
from agentopt_core.llm.wire import estimate
from tests.llm.helpers import KEY, QUESTION, ask
from tests.servers import OpenAIServer, error, raw, reply


def url(width: int, height: int, kind: str = "PNG") -> str:
    file = io.BytesIO()
    Image.new("RGB", (width, height)).save(file, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def shown(address: str) -> dict:
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": address}}]
    return {"role": "user", "content": parts}


@pytest.mark.parametrize(
    ("size", "model", "tokens"),
    [
        ((64, 64), "gpt-4o", 85 + 170),  # one tile
        ((512, 512), "gpt-4o", 350),  # its area, 512 * 512 / 750, is more than one tile
        ((513, 512), "gpt-4o", 85 + 2 * 170),
        ((768, 768), "gpt-4o", 787),
        ((2048, 2048), "gpt-4o", 5593),
        ((2048, 512), "gpt-4o", 1399),
        ((64, 64), "openai/gpt-4o-mini-2024-07-18", 2833 + 5667),
        ((768, 768), "gpt-4o-mini", 2833 + 4 * 5667),
    ],
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_image_counts_by_its_pixels_whatever_its_base64_is_long(size, model, tokens, kind):
    assert image_tokens(url(*size, kind), model) == tokens


@pytest.mark.parametrize(
    "address", ["", "data:image/png;base64,AAAA", "data:image/png;base64,!", "https://a.example/b.png"]
)
def test_an_image_of_unknown_size_counts_as_a_large_one(address):
    assert image_tokens(address) == image_tokens(url(2048, 2048))


def test_the_rest_of_the_message_counts_as_text():
    without = estimate({"role": "user", "content": [{"type": "text", "text": "What is it?"}]})
    assert estimate(shown(url(64, 64))) == without + 85 + 170 + 2
    assert estimate({"type": "text", "text": url(900, 900)}) > 500  # base64 in a text is text


def test_a_request_with_an_image_is_reserved_and_counted_by_that_estimate():
    request = QUESTION.with_(messages=(shown(url(2048, 2048)),))
    with OpenAIServer([reply("a square", usage=None)]) as server:
        answer, _ = ask(server.base_url, request)
    assert 5593 < answer.usage.prompt_tokens < 5700


NO_IMAGES = [
    (400, "Invalid content type. image_url is only supported by certain models."),
    (400, "This model does not support image inputs"),
    (400, "test-model does not support images"),
    (404, "No endpoints found that support image input"),
    (400, "At most 0 image(s) may be provided in one prompt."),
    (400, "test-model is not a multimodal model"),
    (500, "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"),
    (500, "this model is missing data required for image input"),
    (422, "Failed to deserialize the JSON body: messages[1]: unknown variant `image_url`, expected `text`"),
    (400, "Vision is not enabled for this model"),
    (400, "multimodal input is not supported"),
]
BAD_IMAGE = [
    (400, "Invalid image data."),
    (400, "Could not process image"),
    (400, "You uploaded an unsupported image. Please make sure your image is valid."),
    (400, "messages.0.content.1.image.source.base64: image exceeds 5 MB maximum"),
    (400, "Failed to load image or audio file"),
    (400, "too many images in the request"),
]
NEITHER = [
    (400, "test-model does not support tools", "tools"),
    (400, "maximum context length is 8192 tokens", "too_long"),
    (404, "The model `vision-model` does not exist", "model"),
    (400, "strange", "refused"),
    (500, "the vision server had an error", "transient"),
    (429, "image rate limit", "transient"),
]


@pytest.mark.parametrize(
    ("status", "text", "meant"),
    [
        *((status, text, "no_images") for status, text in NO_IMAGES),
        *((status, text, "bad_image") for status, text in BAD_IMAGE),
        *NEITHER,
    ],
)
def test_a_refusal_of_images_is_told_from_others(status, text, meant):
    assert meaning(Failure("status", text, status=status, text=text)) == meant


@pytest.mark.parametrize(
    ("answer", "kind", "move"),
    [
        (error(*NO_IMAGES[0]), EndpointSetupError, "Unmark it as taking images, or choose a model that takes them."),
        (error(*NO_IMAGES[6]), EndpointSetupError, "Unmark it as taking images, or choose a model that takes them."),
        (error(*BAD_IMAGE[0]), RequestRefused, "unmark the model as taking images, or choose another model."),
    ],
)
def test_the_error_names_the_next_move_and_nothing_is_tried_again(answer, kind, move):
    with OpenAIServer([answer]) as server:
        fault, client = ask(server.base_url)
    assert type(fault) is kind
    assert move in str(fault)
    assert not client.pauses


@pytest.mark.parametrize("where", ["message", "body"])
def test_an_image_that_an_endpoint_repeats_stays_out_of_the_error(where):
    image = url(300, 200)
    echo = error(400, f"no good: {image}") if where == "message" else raw(json.dumps({"detail": image}), 400)
    with OpenAIServer([echo]) as server:
        fault, client = ask(server.base_url)
    assert "data:image/png;base64,..." in str(fault)
    assert image[30:60] not in str(fault) + client.finished[0].error


def test_text_that_only_mentions_base64_is_left_alone():
    assert Redactor(KEY).error("use a data:image/png;base64,<data> URL") == "use a data:image/png;base64,<data> URL"
