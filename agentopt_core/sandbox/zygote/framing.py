"""Messages over a socket: four bytes of length, then the bytes. Both ends bound what they accept."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable

_LENGTH = struct.Struct(">I")
ORDER = struct.Struct(">QI")
"""The order to fork a worker: bytes of address space a fork maps already, and the number of its folder."""
MAX_REQUEST = 64 * 1024 * 1024
"""Bytes of one request, at most: source and arguments."""


class FrameError(Exception):
    """The other end is gone in the middle of a message, or does not keep to the format."""


def pack(payload: bytes) -> bytes:
    """The payload with its length in front."""
    return _LENGTH.pack(len(payload)) + payload


def unpack(data: bytes | bytearray) -> bytes | None:
    """The payload when it is there in full, else None; what follows it is ignored."""
    if len(data) < _LENGTH.size:
        return None
    end = _LENGTH.size + _LENGTH.unpack_from(data)[0]
    return bytes(data[_LENGTH.size : end]) if len(data) >= end else None


def receive(connection: socket.socket, limit: int) -> bytes | None:
    """The next payload, or None when the other end closed between two messages.

    Raises: FrameError when it is longer than `limit` bytes or breaks off.
    """
    return _receive(connection.recv, limit)


def receive_from(descriptor: int, limit: int) -> bytes | None:
    """The same from a pipe."""
    return _receive(lambda count: os.read(descriptor, count), limit)


def _receive(read: Callable[[int], bytes], limit: int) -> bytes | None:
    head = _exactly(read, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > limit:
        raise FrameError(f"a message of {length} bytes, at most {limit} are accepted")
    body = _exactly(read, length)
    if body is None:
        raise FrameError("the message broke off")
    return body


def _exactly(read: Callable[[int], bytes], count: int) -> bytes | None:
    data = bytearray()
    while len(data) < count:
        part = read(min(count - len(data), 1 << 20))
        if not part:
            if data:
                raise FrameError("the message broke off")
            return None
        data += part
    return bytes(data)
