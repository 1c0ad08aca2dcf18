"""MCP over standard input and output: every line gets its answer, and the process ends with its client."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import contextmanager, suppress
from io import FileIO
from typing import TYPE_CHECKING, Any, cast

import anyio
import anyio.to_thread
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage
from mcp_types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    ErrorData,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

from groundsight.errors import ConfigError
from groundsight.limits import MIB

if TYPE_CHECKING:
    from mcp.server import MCPServer

# A check of 200,000 characters against as many, each escaped as 12 bytes, is under 5 MiB.
LINE_BYTES = 8 * MIB
CHUNK_BYTES = 64 * 1024
LAST_SECONDS = 1.0
Serve = Callable[[Any, Any], Awaitable[None]]


def serve_lines(server: MCPServer[dict[str, Any]]) -> int:
    """Serve until the client closes standard input, or nobody reads the answers; return the exit code.

    A thread that still waits in a read, or deep in a library, hears no cancel: the process ends without it.
    """
    if sys.stdin is None or sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison] - closed by the caller
        raise ConfigError("standard input or output is closed", next_step="start it from a client, or add --http")
    code = 0
    if sys.stdin.isatty():
        print("groundsight waits for an MCP client on standard input; Ctrl-C ends it", file=sys.stderr, flush=True)
    try:
        server.run("stdio")
    except* (BrokenPipeError, ConnectionResetError):
        pass
    except* KeyboardInterrupt:
        code = 130
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(LAST_SECONDS)
            if thread.is_alive():
                sys.stderr.flush()
                os._exit(code)
    return code


async def run_lines(serve: Serve) -> None:
    """Run ``serve`` with the messages of standard input; what is no message is answered with what is wrong with it.

    The SDK's own reader drops such a line without a word, keeps a line of any length, and reads what is not UTF-8 as
    something else.
    """
    with _taken_input() as taken:
        async with stdio_server(stdin=cast("Any", _nothing())) as (unused, out), anyio.create_task_group() as group:
            await unused.aclose()
            send, receive = anyio.create_memory_object_stream[SessionMessage | Exception](0)
            group.start_soon(_read, taken, send, out)
            await serve(receive, out)
            group.cancel_scope.cancel()


async def _read(taken: FileIO, send: Any, out: Any) -> None:
    async with send:
        async for line in _lines(taken):
            message = read_line(line)
            with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError):
                await (out if isinstance(message, Refusal) else send).send(SessionMessage(message))


class Refusal(JSONRPCError):
    """The answer to a line that is no message."""


def read_line(line: bytes) -> JSONRPCMessage:
    """Return the message in a line, or the refusal to send: under the id of the request where that can be read."""
    if len(line) > LINE_BYTES:
        return _refusal(INVALID_REQUEST, f"the line is longer than {LINE_BYTES} bytes; send less at once", b"")
    try:
        message = jsonrpc_message_adapter.validate_json(line.decode("utf-8-sig"), by_name=False)
    except UnicodeDecodeError as error:
        return _refusal(PARSE_ERROR, f"byte {error.start + 1} of the line is not UTF-8", line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            return _refusal(PARSE_ERROR, first["msg"], line)
        return _refusal(INVALID_REQUEST, "send one JSON-RPC 2.0 message a line, as an object; no batches", line)
    if isinstance(message, JSONRPCNotification) and "id" in json.loads(line):
        return _refusal(INVALID_REQUEST, "the id of a request is a string or a whole number", b"")
    return message


def _refusal(code: int, message: str, line: bytes) -> Refusal:
    return Refusal(jsonrpc="2.0", id=_id_of(line), error=ErrorData(code=code, message=message))


def _id_of(line: bytes) -> str | int | None:
    """The id of a request in a line that even a lenient reader can make sense of."""
    try:
        said: Any = json.loads(line.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    found = said.get("id") if isinstance(said, dict) and "method" in said else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if isinstance(found, str):
        return found if found == found.encode("utf-8", "replace").decode() else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


@contextmanager
def _taken_input() -> Generator[FileIO]:
    """Take standard input from whatever runs under the server: it reads an empty one."""
    mine, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        yield FileIO(mine, closefd=False)
    finally:
        os.dup2(mine, 0)


async def _nothing() -> AsyncGenerator[str]:
    """An empty standard input for the SDK's reader."""
    for line in ():
        yield line


async def _lines(taken: FileIO) -> AsyncGenerator[bytes]:
    """Yield the lines that hold something; of one that is too long as much as shows that."""
    rest = b""
    while chunk := await anyio.to_thread.run_sync(taken.read, CHUNK_BYTES, abandon_on_cancel=True):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                yield line
        rest = rest[: LINE_BYTES + 1]
    if rest.strip():
        yield rest
