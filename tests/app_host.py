"""A chat host in the smallest: a page that holds an MCP App in a sandboxed frame and speaks its five messages."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client
from mcp.shared.exceptions import MCPError

from tests.framed import Framed

# What a host allows an App that asks for no domain.
POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:\">"
)
PAGE = """<!doctype html><meta charset="utf-8"><body style="margin:0">
<iframe sandbox="allow-scripts" style="width:100%;border:0;display:block"></iframe><script>
const frame = document.querySelector("iframe"), said = [];
const send = message => frame.contentWindow.postMessage({jsonrpc: "2.0", ...message}, "*");
addEventListener("message", e => {
  if (e.source != frame.contentWindow) return;
  said.push(e.data.method);
  if (e.data.method == "ui/notifications/size-changed") frame.style.height = e.data.params.height + "px";
  else tell(JSON.stringify(e.data));
});
</script>"""


class Host:
    """Calls a tool, reads the page that the tool is bound to, and shows it with the result."""

    def __init__(self, client: Client, portal: BlockingPortal, profile: Path, context: dict[str, Any]) -> None:
        self._client, self._portal, self._context = client, portal, context
        self.calls, self._result = list[tuple[str, Any]](), dict[str, Any]()
        self.browser = Framed(profile, self._hear)
        self._pages = {tool.name: tool.meta for tool in portal.call(client.list_tools).tools}

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool as the chat does; return its structured content once the page shows it."""
        result = self._portal.call(self._client.call_tool, tool, arguments)
        self._result = result.model_dump(mode="json", by_alias=True, exclude_none=True)
        bound = self._pages[tool]
        assert bound, "a host that sees no binding shows the text alone"
        page = self._portal.call(self._client.read_resource, bound["ui"]["resourceUri"]).contents[0]
        assert page.mime_type == "text/html;profile=mcp-app"
        self.browser.show(PAGE)
        inner = page.text.replace("<meta", f"{POLICY}<meta", 1)  # type: ignore[union-attr]
        self.browser.run(f"frame.srcdoc = {json.dumps(inner)}, 0")
        self.browser.until("document.querySelector('#answer')?.childElementCount")
        return self._result["structuredContent"]

    def _hear(self, text: str) -> None:
        message = json.loads(text)
        match message["method"]:
            case "ui/initialize":
                host = {"name": "stub", "version": "1"}
                can = {"serverTools": {}, "serverResources": {}}
                told = {"hostInfo": host, "hostCapabilities": can, "hostContext": self._context}
                self._say(id=message["id"], result={"protocolVersion": "2026-01-26", **told})
            case "ui/notifications/initialized":
                self._say(method="ui/notifications/tool-result", params=self._result)
            case method:
                self.calls.append((method, message["params"]))
                self._say(id=message["id"], **self._forwarded(method, message["params"]))

    def _forwarded(self, method: str, params: Any) -> dict[str, Any]:
        try:
            if method == "tools/call":
                done: Any = self._portal.call(self._client.call_tool, params["name"], params["arguments"])
            else:
                done = self._portal.call(self._client.read_resource, params["uri"])
        except MCPError as error:
            return {"error": {"code": error.code, "message": str(error)}}
        return {"result": done.model_dump(mode="json", by_alias=True, exclude_none=True)}

    def _say(self, **message: Any) -> None:
        self.browser.run(f"send({json.dumps(message)}), 0")


@contextmanager
def hosting(server: Any, mode: str, profile: Path, **context: Any) -> Generator[Host]:
    """A host that is connected to a server in one era of the protocol."""
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Client(server, mode=mode)) as client:
        host = Host(client, portal, profile, context)
        try:
            yield host
        finally:
            host.browser.close()
