"""A Chromium without a window, driven over its debugging pipe: real clicks, real keys, real pictures."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROGRAM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --remote-debugging-pipe "
    # A sandboxed frame in a process of its own would need a session of its own.
    "--disable-features=IsolateSandboxedIframes"
).split()
TRIES = 500
KEYS = {"Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowRight": 39}


class Browser:
    """One page. ``hears`` receives what the page says by calling ``tell(text)``."""

    def __init__(self, profile: Path, hears: Callable[[str], None]) -> None:
        self._hears, self._last, self._replies = hears, 0, dict[int, Any]()
        to_read, self._out = os.pipe()
        self._in, to_write = os.pipe()

        def as_three_and_four() -> None:
            first, second = os.dup(to_read), os.dup(to_write)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self._process = subprocess.Popen(
            [PROGRAM, *QUIET, f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=as_three_and_four,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_read)
        os.close(to_write)
        self._rest, self.requests, self._session = b"", list[str](), ""
        page = next(one for one in self.send("Target.getTargets")["targetInfos"] if one["type"] == "page")
        self._session = self.send("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self.send(f"{domain}.enable")
        self.send("Runtime.addBinding", name="tell")

    def close(self) -> None:
        """End the browser."""
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def send(self, method: str, **parameters: Any) -> Any:
        """Do something and return its result."""
        self._last += 1
        mine = self._last
        call = {"id": mine, "method": method, "params": parameters}
        os.write(self._out, json.dumps(call | ({"sessionId": self._session} if self._session else {})).encode() + b"\0")
        while mine not in self._replies:
            self._receive()
        reply = self._replies.pop(mine)
        assert "error" not in reply, (method, reply)
        return reply["result"]

    def look(self, *, width: int, height: int = 1_400, dark: bool = False) -> None:
        """Set the size of the window and the colour scheme of the person."""
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.send("Emulation.setEmulatedMedia", features=[scheme])

    def show(self, html: str) -> None:
        """Put a document into a fresh page."""
        self.send("Page.navigate", url="about:blank")
        frame = self.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        self.send("Page.setDocumentContent", frameId=frame, html=html)

    def run(self, script: str, *, inside: bool = False) -> Any:
        """Return the value of an expression in the page, or ``inside`` its frame."""
        where = {"contextId": self._inside()} if inside else {}
        done = self.send("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, **where)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression inside the frame is true."""
        for _ in range(TRIES):
            if self.run(f"new Promise(next => setTimeout(() => next(Boolean({script})), 20))", inside=True):
                return
        raise AssertionError(f"never true: {script}")

    def click(self, selector: str, at: int = 0) -> None:
        """Click the middle of an element inside the frame."""
        find = f"document.querySelectorAll({json.dumps(selector)})[{at}].getBoundingClientRect().toJSON()"
        place = self.run(find, inside=True)
        frame = self.run("document.querySelector('iframe').getBoundingClientRect().toJSON()")
        where = {side: frame[side] + place[side] + place[size] / 2 for side, size in (("x", "width"), ("y", "height"))}
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, button="left", clickCount=1, **where)

    def press(self, key: str) -> None:
        """Press a key."""
        named = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key]}
        self.send("Input.dispatchKeyEvent", type="keyDown", **named, **({"text": "\r"} if key == "Enter" else {}))
        self.send("Input.dispatchKeyEvent", type="keyUp", **named)

    def picture(self) -> bytes:
        """Return what is seen, as PNG."""
        return base64.b64decode(self.send("Page.captureScreenshot")["data"])

    def _inside(self) -> int:
        frame = self.send("Page.getFrameTree")["frameTree"]["childFrames"][0]["frame"]["id"]
        return self.send("Page.createIsolatedWorld", frameId=frame)["executionContextId"]

    def _receive(self) -> None:
        while b"\0" not in self._rest:
            got = os.read(self._in, 1 << 20)
            assert got, "the browser is gone"
            self._rest += got
        text, _, self._rest = self._rest.partition(b"\0")
        message = json.loads(text)
        if "id" in message:
            self._replies[message["id"]] = message
        elif message["method"] == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        elif message["method"] == "Runtime.bindingCalled":
            self._hears(message["params"]["payload"])
