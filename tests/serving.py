"""A server of a test's own on loopback."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], trusted: ssl.SSLContext | None = None) -> Generator[str]:
    """Serve until the block ends, over TLS where a certificate is given; give the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if trusted:
        server.socket = trusted.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http{'s' if trusted else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
