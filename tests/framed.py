"""A browser whose page holds one frame, as a chat host shows a page of its server's."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.browser import Browser

TRIES = 500


class Framed(Browser):
    """``hears`` receives what the page says by calling ``tell(text)``; clicks go to the frame."""

    def __init__(self, profile: Path, hears: Callable[[str], None]) -> None:
        self._hears, self._told, self.requests = hears, list[str](), list[str]()
        super().__init__(profile)
        self("Runtime.addBinding", name="tell")

    def __call__(self, method: str, **given: Any) -> dict[str, Any]:
        """Send a command; what the page said meanwhile is heard before its result is returned."""
        done = super().__call__(method, **given)
        while self._told:
            self._hears(self._told.pop(0))
        return done

    def look(self, width: int, *, dark: bool = False) -> None:
        """Set the width of the host's window, no phone's, and the colour scheme of the person."""
        self("Emulation.setDeviceMetricsOverride", width=width, height=1_400, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self("Emulation.setEmulatedMedia", features=[scheme])

    def show(self, html: str) -> None:
        """Put a document into a fresh page."""
        self("Page.navigate", url="about:blank")
        frame = self("Page.getFrameTree")["frameTree"]["frame"]["id"]
        self("Page.setDocumentContent", frameId=frame, html=html)

    def run(self, script: str, *, inside: bool = False) -> Any:
        """Return the value of an expression in the page, or ``inside`` its frame."""
        where = {"contextId": self._inside()} if inside else {}
        done = self("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, **where)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression inside the frame is true."""
        for _ in range(TRIES):
            if self.run(f"new Promise(next => setTimeout(() => next(Boolean({script})), 20))", inside=True):
                return
        raise AssertionError(f"never true: {script}")

    def tap(self, selector: str, at: int = 0) -> None:
        """Click the middle of an element inside the frame."""
        find = f"document.querySelectorAll({json.dumps(selector)})[{at}].getBoundingClientRect().toJSON()"
        place = self.run(find, inside=True)
        frame = self.run("document.querySelector('iframe').getBoundingClientRect().toJSON()")
        where = {side: frame[side] + place[side] + place[size] / 2 for side, size in (("x", "width"), ("y", "height"))}
        for kind in ("mousePressed", "mouseReleased"):
            self("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **where)

    def seen(self) -> bytes:
        """Return what is seen, as PNG."""
        return base64.b64decode(self("Page.captureScreenshot")["data"])

    def _inside(self) -> int:
        frame = self("Page.getFrameTree")["frameTree"]["childFrames"][0]["frame"]["id"]
        return self("Page.createIsolatedWorld", frameId=frame)["executionContextId"]

    def _next(self) -> dict[str, Any]:
        message = super()._next()
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        elif message.get("method") == "Runtime.bindingCalled":
            self._told.append(message["params"]["payload"])
        return message
