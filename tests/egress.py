"""A hostile environment: every variable that makes a library beneath send something, all leading into one sink."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy")
# Connections that the kernel saw, native libraries' too; Python's own hooks see none of ONNX Runtime's.
TRACED = ("strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,sendto,sendmsg", "-o")
SENT = re.compile(r'sa_family=AF_INET6?, .*?inet_(?:addr\("|pton\(AF_INET6, ")([^"]+)"')


class Sink:
    """A server on loopback that keeps the beginning of whatever it is sent, and answers nothing."""

    def __init__(self, server: ThreadingHTTPServer, heard: list[bytes]) -> None:
        self.url, self.heard = f"http://127.0.0.1:{server.server_port}", heard


@contextmanager
def listening() -> Generator[Sink]:
    """Run a sink."""
    heard: list[bytes] = []

    class Keep(BaseHTTPRequestHandler):
        def handle(self) -> None:
            heard.append(self.request.recv(65_536))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Keep)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield Sink(server, heard)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def hostile(url: str, home: Path, *, proxies: bool = True) -> dict[str, str]:
    """Return the environment of a process whose every library is told to report to ``url``."""
    found = {name: value for name, value in os.environ.items() if name.lower() not in (*PROXIES, "no_proxy")}
    for family in ("LANGSMITH", "LANGCHAIN"):
        for name, value in {"TRACING_V2": "true", "ENDPOINT": url, "API_KEY": "key", "PROJECT": "p"}.items():
            found[f"{family}_{name}"] = value
    if proxies:
        found |= {name: url for each in PROXIES for name in (each, each.upper())}
    return found | {
        "HOME": str(home),
        "LANGSMITH_TRACING": "true",
        "LANGSMITH_OTEL_ENABLED": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": url,
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_SDK_DISABLED": "false",
        "HF_ENDPOINT": url,
        "HF_HUB_OFFLINE": "0",
        "HF_HUB_DISABLE_TELEMETRY": "0",
        "TRANSFORMERS_OFFLINE": "0",
        "ORT_DISABLE_TELEMETRY": "0",
        "DO_NOT_TRACK": "",
        "SCARF_NO_ANALYTICS": "",
        "ANONYMIZED_TELEMETRY": "true",
        "POSTHOG_HOST": url,
        "SENTRY_DSN": url.replace("//", "//key@") + "/1",
        "LANGFUSE_HOST": url,
    }


def traced(log: Path, command: list[str]) -> list[str]:
    """Return the command under a tracer of its connections, the bare command where there is none."""
    return [*TRACED, str(log), *command] if shutil.which("strace") else command


def strangers_in(log: Path) -> set[str]:
    """Return the addresses outside of this machine to which a traced process sent something."""
    found = SENT.findall(log.read_text()) if log.exists() else []
    return {address for address in found if not address.startswith("127.") and address not in ("::1", "0.0.0.0", "::")}
