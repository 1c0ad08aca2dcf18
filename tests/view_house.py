"""A small library behind ``groundsight view``, served by a real process: tables, pages, hidden values, failures."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from groundsight.settings import load_settings
from groundsight.suite import open_suite
from tests.test_server_stdio import ROOT, environment

HOSTILE = "<script>document.title='gone'</script>"
LIGHT = '[models]\ntext = "none"\nvisual = "none"\nocr = "none"\n[ingestion]\ntags = false\n'
FLEET = "Vessel,Built,Seats\nMS Alva,1998,180\nMS Birk,2006,240\nMS Cissi,2019,120\n"


@dataclass
class Visit:
    """A served page: where, with which token, and the cookie that it gave."""

    port: int
    token: str
    cookie: str = ""
    home: Path = field(default_factory=Path)

    @property
    def origin(self) -> str:
        """The origin of its pages."""
        return f"http://127.0.0.1:{self.port}"

    def send(
        self, path: str, method: str = "GET", body: bytes = b"", **headers: str | None
    ) -> tuple[int, dict[str, str], str]:
        """One request as a browser of this page sends it; a header of None is left out."""
        own = {"host": f"127.0.0.1:{self.port}", "cookie": self.cookie, "content-length": str(len(body))}
        own |= {"origin": self.origin} if method == "POST" else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in {**own, **{key.replace("_", "-"): value for key, value in headers.items()}}.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        found = answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read().decode()
        connection.close()
        return found

    def post(self, path: str, **fields: str) -> tuple[int, dict[str, str], str]:
        """Send a form as its page does."""
        form = urlencode(fields).encode()
        return self.send(path, "POST", form, content_type="application/x-www-form-urlencoded")


def fill(folder: Path) -> None:
    """Write the files of the library."""
    folder.mkdir()
    (folder / "fleet.csv").write_text(FLEET)
    for name in ("note.txt", "note-copy.txt"):
        (folder / name).write_text(f"The meeting is on Monday. {HOSTILE} is only text.")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    Image.new("RGB", (320, 200), "white").save(folder / "sign.png")
    pages = Canvas(str(folder / "contract.pdf"), pagesize=(400, 400))
    pages.drawString(40, 300, "The notice period of the contract is 90 days.")
    pages.showPage()
    pages.drawString(40, 300, "Questions about the harbour go to ann.berg@example.com.")
    pages.save()


@contextmanager
def visited(place: Path) -> Generator[Visit]:
    """Fill and read a library, serve its pages, and give the way in."""
    home = place / "home"
    home.mkdir()
    (home / "groundsight.toml").write_text(LIGHT)
    fill(place / "docs")
    with open_suite(load_settings(home)) as suite:
        suite.ingest([place / "docs"])
    command = [sys.executable, "-m", "groundsight.cli", "view", "--home", str(home)]
    with served(command, environment()) as visit:
        visit.home = home
        yield visit


@contextmanager
def served(command: list[str], variables: dict[str, str]) -> Generator[Visit]:
    """Start the page as a program, and give the way in."""
    process = subprocess.Popen(command, cwd=ROOT, env=variables, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", line)
        assert found, line
        visit = Visit(int(found[1]), found[2])
        visit.cookie = visit.send(f"/?token={visit.token}")[1]["set-cookie"].partition(";")[0]
        yield visit
    finally:
        process.terminate()
        process.wait()
        process.stderr.close()
