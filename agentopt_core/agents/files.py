"""What the agent is shown of a task's files: images it can see, and the text of small files."""

from __future__ import annotations

import asyncio
import hashlib
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from agentopt_core.agents.images import data_url
from agentopt_core.agents.reach import out_of_reach, shown_images
from agentopt_core.config import Endpoint
from agentopt_core.errors import InfrastructureFault
from agentopt_core.image_files import BadImage
from agentopt_core.sandbox import places_of
from agentopt_core.tasks import Attachment, Question

MAX_TEXT_BYTES = 4 * 1024
"""A file of text up to this size stands in the prompt whole; a larger one is for code to read."""
MAX_TASK_TEXT_BYTES = 12 * 1024
"""Bytes of such files in one task's prompt; those that come after are listed only."""
MAX_IMAGE_BYTES = 2 * 1024 * 1024
"""Bytes of one image as it is sent; endpoints take some 5 MB in base64."""
MAX_TASK_IMAGE_BYTES = 8 * 1024 * 1024
"""Bytes of all images of one request; where there are many, each is scaled down to its share."""
MAX_SOURCE_BYTES = 25 * 1024 * 1024
"""Bytes of an image file that are read; the import takes no larger attachment."""
CACHE_BYTES = 64 * 1024 * 1024
"""Bytes of prepared images that are kept for the next evaluation."""
_HINT = "Mend the file in the task set, import it again and start a new run."


@dataclass(frozen=True, slots=True)
class SeenFile:
    """One of the task's files."""

    attachment: Attachment
    place: str
    """Where code finds it."""
    text: str | None = None
    """Its content, where it is shown as text."""
    image: str = ""
    """A data URL, where it is shown as an image."""


class TaskFiles:
    """The files of a run's tasks, as the agent's model is shown them. Serves any number of rollouts at a time.

    Files are read and images decoded in one thread of its own, so that the memory this takes is bounded.
    Prepared images are kept by their content, since every evaluation shows the same ones.
    """

    def __init__(self, folder: Path | None, endpoint: Endpoint, cache_bytes: int = CACHE_BYTES) -> None:
        """`folder`: where the paths of attachments start; None for tasks whose files are not at hand: only listed."""
        self._folder = folder
        self._endpoint = endpoint
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="task-files")
        self._images = _Cache(cache_bytes)

    async def seen(self, question: Question) -> tuple[SeenFile, ...]:
        """The task's files in their order.

        Raises: InfrastructureFault naming the file that is missing, changed or damaged, or why the model cannot be put
        to the task: that is no failure of the model. ProtocolError for a path out of the folder.
        """
        if not question.attachments:
            return ()
        if reason := out_of_reach(question, self._endpoint):
            raise InfrastructureFault(f"The task {reason}.", "Mark the model as taking images, or choose another one.")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._look, question.attachments)

    def _look(self, attachments: tuple[Attachment, ...]) -> tuple[SeenFile, ...]:
        places = places_of(attachments)
        images = shown_images(attachments, self._endpoint)
        share = min(MAX_IMAGE_BYTES, MAX_TASK_IMAGE_BYTES // max(1, len(images)))
        left = MAX_TASK_TEXT_BYTES
        files: list[SeenFile] = []
        for attachment, place in zip(attachments, places, strict=True):
            text, image = None, ""
            if attachment in images:
                image = self._image(attachment, share)
            elif self._folder is not None and _may_be_inlined(attachment, left):
                text = readable_text(self._read(attachment))
                left -= attachment.bytes if text is not None else 0
            files.append(SeenFile(attachment, place, text, image))
        return tuple(files)

    def _image(self, attachment: Attachment, max_bytes: int) -> str:
        key = (attachment.sha256, max_bytes)
        url = self._images.get(key)
        if url is None:
            try:
                url = data_url(self._read(attachment), max_bytes)
            except BadImage as error:
                raise InfrastructureFault(f"The attachment '{attachment.path}' {error}.", _HINT) from None
            self._images.put(key, url)
        return url

    def _read(self, attachment: Attachment) -> bytes:
        name = attachment.path
        if self._folder is None:
            raise InfrastructureFault(f"No folder holds the attachment '{name}'.", "Start the run with its files.")
        try:
            with (self._folder / name).open("rb") as file:
                content = file.read(MAX_SOURCE_BYTES + 1)
        except OSError as error:
            raise InfrastructureFault(
                f"The attachment '{name}' cannot be read: {error.strerror}.", "Restore the file and resume the run."
            ) from error
        if len(content) > MAX_SOURCE_BYTES:
            raise InfrastructureFault(f"The attachment '{name}' is over {MAX_SOURCE_BYTES // 2**20} MiB.", _HINT)
        if hashlib.sha256(content).hexdigest() != attachment.sha256:
            raise InfrastructureFault(
                f"The attachment '{name}' is no longer what it was when the run began.",
                "Restore the file and resume the run.",
            )
        return content


def image_urls(files: Iterable[SeenFile]) -> dict[str, str]:
    """Path of an attachment -> its data URL, for those that are shown as images, in order."""
    return {one.attachment.path: one.image for one in files if one.image}


def readable_text(content: bytes) -> str | None:
    """The content as text, without a mark of its encoding; None where it is not UTF-8 or holds control characters."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text if all(c in "\t\n\r" or unicodedata.category(c) not in _NOT_TEXT for c in text) else None


_NOT_TEXT = frozenset({"Cc", "Cs", "Cn", "Co"})
"""Categories of characters that no text holds: controls, halves, unassigned ones, private ones."""


def _may_be_inlined(attachment: Attachment, left: int) -> bool:
    """Whether it is worth a look: small, and not what the task's text says anyway."""
    return attachment.needed and 0 < attachment.bytes <= min(MAX_TEXT_BYTES, left)


class _Cache:
    """Texts by key; the one that was not used for longest goes first. Used by one thread at a time."""

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self._texts: OrderedDict[tuple[str, int], str] = OrderedDict()

    def get(self, key: tuple[str, int]) -> str | None:
        text = self._texts.get(key)
        if text is not None:
            self._texts.move_to_end(key)
        return text

    def put(self, key: tuple[str, int], text: str) -> None:
        self._texts[key] = text
        self._left -= len(text)
        while self._left < 0 and len(self._texts) > 1:
            self._left += len(self._texts.popitem(last=False)[1])
