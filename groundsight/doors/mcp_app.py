"""The page that chat hosts show beside an answer: an MCP App, bound to its tools by their ``_meta`` alone."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from mcp.server.apps import Apps

ANSWER = "ui://groundsight/answer"
# Only what is read sentence by sentence is shown as a page; the page itself calls read, list, status and ask.
SHOWN = ("ask", "verify")


def meta_of(tool: str) -> dict[str, Any] | None:
    """Return the ``_meta`` of a tool: the page that shows its result, None where the text is enough.

    The handshake era hears nothing of a server's extensions, so the binding stands here for every client.
    """
    return {"ui": {"resourceUri": ANSWER}} if tool in SHOWN else None


def answer_app() -> Apps:
    """Return the extension with the page; it needs no address outside itself, so it asks for none."""
    apps = Apps()
    page = files(__package__ or "").joinpath("answer.html").read_text("utf-8")
    apps.add_html_resource(ANSWER, page, title="Answer with its evidence", prefers_border=True)
    return apps
