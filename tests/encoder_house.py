"""Encoder services for tests: real ones on loopback, and a model that waits until it is told to go on."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundsight.doors.encoder_server import encoder_app
from groundsight.doors.encoder_service import EncoderService
from groundsight.doors.listen import Listener
from groundsight.settings import Settings, load_settings
from tests.build import DIMENSION, WordEncoder


class HeldEncoder(WordEncoder):
    """A text encoder that holds each batch until ``go`` is set, and remembers what it was given."""

    def __init__(self) -> None:
        self.go, self.began = threading.Event(), threading.Semaphore(0)
        self.batches: list[tuple[str, list[str]]] = []

    def encode(self, texts: Sequence[str], *, role: Any = "passage") -> NDArray[np.float32]:
        self.batches.append((role, list(texts)))
        self.began.release()
        assert self.go.wait(60)
        return super().encode(texts, role=role)


class Greys:
    """A picture encoder that tells how bright and how large a picture is."""

    fingerprint, dimension = "test-greys@1", DIMENSION

    def encode_pictures(self, pictures: Sequence[Any]) -> NDArray[np.float32]:
        rows = np.zeros((len(pictures), DIMENSION), np.float32)
        for row, picture in zip(rows, pictures, strict=True):
            row[:3] = float(np.asarray(picture).mean()), picture.width, picture.height
        return rows

    def encode_words(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return WordEncoder().encode(texts)


@contextmanager
def serving(
    home: Path, text: Any = None, visual: Any = None, *, load: bool = True, **sections: dict[str, Any]
) -> Generator[tuple[str, EncoderService]]:
    """Serve these encoders on a free port of this machine; give the address and the service."""
    settings = load_settings(home, **{**sections, "server": {"port": 0, **sections.get("server", {})}})
    service = EncoderService(settings, lambda _: (text or WordEncoder(), visual))
    if load:
        service.load()
    with running(encoder_app(service, settings), settings) as listener:
        port = listener._sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", service


@contextmanager
def running(app: Any, settings: Settings) -> Generator[Listener]:
    """Run a listener on a thread and end it."""
    listener = Listener(app, settings.server)
    thread = threading.Thread(target=listener.run, args=("/",))
    thread.start()
    try:
        yield listener
    finally:
        listener.stop()
        thread.join()
