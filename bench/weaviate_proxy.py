"""A proxy on loopback that holds or cuts the answers of a server, or speaks TLS for it, for measurements and tests."""

from __future__ import annotations

import asyncio
import ssl
import threading
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

Fault = Literal["none", "hold", "cut", "refuse"]
LOOK_SECONDS = 0.02


class Proxy:
    """Passes bytes to a port of this machine, ``target``, and back until ``fault`` says otherwise.

    ``hold`` keeps answers back until the fault ends, ``cut`` ends a connection in the middle of its next answer,
    ``refuse`` ends new connections at once.
    """

    def __init__(self, target: int, tls: ssl.SSLContext | None = None) -> None:
        self.fault: Fault = "none"
        self.target = target
        self._ending = False
        self._clients: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        started = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=tls)
        self._server = asyncio.run_coroutine_threadsafe(started, self._loop).result()
        self.port: int = self._server.sockets[0].getsockname()[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        """Break connections off and let their tasks end by themselves: one cancelled as it connects leaves a socket."""
        self._ending = True
        self._server.close()
        for client in self._clients:
            client.transport.abort()
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)
        await asyncio.sleep(0)

    async def _serve(self, asking: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self._clients.add(client)
        try:
            if self.fault != "refuse" and not self._ending:
                await self._joined(asking, client)
        finally:
            self._clients.discard(client)
            client.transport.abort()

    async def _joined(self, asking: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        """Pass bytes both ways until one of the ways ends."""
        with suppress(OSError):
            answering, server = await asyncio.open_connection("127.0.0.1", self.target)
            ways = [
                asyncio.ensure_future(_passed(asking, server)),
                asyncio.ensure_future(self._answers(answering, client)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                server.transport.abort()

    async def _answers(self, answering: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        while data := await answering.read(65_536):
            while self.fault == "hold" and not self._ending:
                await asyncio.sleep(LOOK_SECONDS)
            cut = self.fault == "cut"
            client.write(data[: len(data) // 2] if cut else data)
            await client.drain()
            if cut:
                return


async def _passed(asking: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
    while data := await asking.read(65_536):
        server.write(data)
        await server.drain()
