"""A real Chromium, driven by its own protocol over two pipes: pages, clicks, keys, files and pictures of the screen."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOUND = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), "")
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --remote-debugging-pipe "
    # A sandboxed frame in a process of its own would need a session of its own.
    "--disable-features=IsolateSandboxedIframes about:blank"
).split()
# The browser expects its pipes at the descriptors 3 and 4.
WITH_PIPES = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
KEYS = {"Tab": 9, "Enter": 13, " ": 32, "ArrowLeft": 37, "ArrowRight": 39}


class Browser:
    """One browser with one page; every wait ends with an event of the browser."""

    def __init__(self, profile: Path) -> None:
        (theirs, self._to), (self._from, back) = _pipe(), _pipe()
        command = [
            sys.executable,
            "-c",
            WITH_PIPES,
            str(theirs),
            str(back),
            FOUND,
            f"--user-data-dir={profile}",
            *QUIET,
        ]
        self._process = subprocess.Popen(command, pass_fds=(theirs, back), stderr=subprocess.DEVNULL)
        os.close(theirs)
        os.close(back)
        self._held, self._number, self._session = b"", 0, None
        self.events: list[dict[str, Any]] = []
        page = next(each for each in self("Target.getTargets")["targetInfos"] if each["type"] == "page")
        self._session = self("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "DOM", "Log"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **given: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self._number += 1
        sent = {"id": self._number, "method": method, "params": given}
        os.write(self._to, json.dumps(sent | ({"sessionId": self._session} if self._session else {})).encode() + b"\0")
        while (told := self._next()).get("id") != self._number:
            self.events.append(told)
        assert "error" not in told, (method, told["error"])
        return told["result"]

    def open(self, address: str, loads: int = 1) -> None:
        """Go to an address and wait until it is loaded; ``loads`` counts the pages that follow by themselves."""
        self._loaded(lambda: self("Page.navigate", url=address), loads)

    def see(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        told = self("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def click(self, selector: str, *, loads: bool = False) -> None:
        """Click with the mouse in the middle of an element that can be seen there."""
        found = f"document.querySelector({json.dumps(selector)})"
        self.see(f"{found}.scrollIntoView({{block: 'center', behavior: 'instant'}})")
        box = self.see(f"(({{x, y, width, height}}) => [x + width / 2, y + height / 2])({found}.getClientRects()[0])")
        assert self.see(f"{found}.contains(document.elementFromPoint({box[0]}, {box[1]}))"), f"{selector} is covered"

        def pressed() -> None:
            for kind in ("mousePressed", "mouseReleased"):
                self("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

        self._loaded(pressed) if loads else pressed()

    def write(self, text: str) -> None:
        """Type into what has the focus."""
        self("Input.insertText", text=text)

    def press(self, key: str, *, loads: bool = False) -> None:
        """Press a key."""
        text = {"Enter": "\r", " ": " "}.get(key)

        def pressed() -> None:
            known = {"key": key, "code": key, "windowsVirtualKeyCode": KEYS[key], **({"text": text} if text else {})}
            self("Input.dispatchKeyEvent", type="keyDown", **known)
            self("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)

        self._loaded(pressed) if loads else pressed()

    def choose(self, selector: str, file: Path) -> None:
        """Choose a file."""
        root = self("DOM.getDocument")["root"]["nodeId"]
        node = self("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self("DOM.setFileInputFiles", nodeId=node, files=[str(file)])

    def window(self, width: int, height: int = 900, *, dark: bool = False, scripts: bool = True) -> None:
        """Set the size of the window, the colours that its person likes, and whether scripts run."""
        self("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        liked = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self("Emulation.setEmulatedMedia", features=[liked])
        self("Emulation.setScriptExecutionDisabled", value=not scripts)

    def picture(self, file: Path, *, whole: bool = True) -> None:
        """Save a picture of the page."""
        data = self("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
        if whole:
            size = self("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
            data = self("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"]
        file.write_bytes(base64.b64decode(data))

    def close(self) -> None:
        """End the browser."""
        os.close(self._to)
        self._process.terminate()
        self._process.wait()
        os.close(self._from)

    def _loaded(self, act: Callable[[], Any], loads: int = 1) -> None:
        self.events.clear()
        act()
        while sum(each.get("method") == "Page.loadEventFired" for each in self.events) < loads:
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._held:
            read = os.read(self._from, 1 << 20)
            assert read, "the browser has ended"
            self._held += read
        message, _, self._held = self._held.partition(b"\0")
        return json.loads(message)


def _pipe() -> tuple[int, int]:
    """Both ends of a pipe, at descriptors that are out of the way of 3 and 4."""
    ends = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return moved[0], moved[1]
