"""The page to look, over real sockets: who may look, what is shown and what stays hidden."""

from __future__ import annotations

import io
import re
import tempfile
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from PIL import Image

from groundsight.doors.view import answer, upload
from groundsight.doors.view.desk import Desk
from groundsight.doors.view.drawing import boxes
from groundsight.doors.view.evidence import marked_cells, table
from groundsight.doors.view.markup import el, together
from groundsight.doors.view.questions import AT_ONCE, KEPT, OpenQuestion, Questions
from groundsight.errors import GroundsightError, NotFound, RateLimited
from groundsight.governance.roots import Roots
from groundsight.tools.library import ASSET, Document
from groundsight.types import Answer, Box, TextLine
from tests.build import ScriptedReader, make_asset, make_unit
from tests.doors import ScriptedSuite, an_answer, settings_at, some_rows
from tests.view_house import Visit, visited

SECRET = "ann.berg@example.com"
STYLE = Path(answer.__file__).with_name("style.css").read_text("utf-8")


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Generator[Visit]:
    with visited(tmp_path_factory.mktemp("view")) as visit:
        yield visit


def test_without_the_token_nothing_is_shown(visit: Visit) -> None:
    for path in ("/", "/library", "/search?q=notice", "/style.css", "/?token=", "/?token=guess"):
        status, _, body = visit.send(path, cookie=None)
        assert (status, "token" in body, "Library" in body) == (401, True, False), path
    assert visit.send("/", cookie=f"groundsight-view-{visit.port}=guess")[0] == 401
    assert visit.send("/", cookie=f"groundsight-view-{visit.port}={visit.token}")[0] == 401


def test_the_token_becomes_a_cookie_that_scripts_and_other_sites_do_not_get(visit: Visit) -> None:
    status, headers, body = visit.send(f"/?token={visit.token}", cookie=None)
    assert status == 200
    assert visit.token not in headers["set-cookie"] + body
    assert re.search(r"; HttpOnly.*; SameSite=strict", headers["set-cookie"])
    assert 'content="0;url=/"' in body


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example", ""])
def test_another_host_name_is_refused_whatever_the_cookie(visit: Visit, host: str) -> None:
    assert visit.send("/library", host=host)[0] in (400, 421)
    assert visit.send(f"/?token={visit.token}", host=host)[0] in (400, 421)


def test_the_names_of_this_machine_are_served(visit: Visit) -> None:
    assert visit.send("/library", host=f"localhost:{visit.port}")[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null", None])
def test_a_form_of_another_origin_is_refused(visit: Visit, origin: str | None) -> None:
    before = visit.send("/")[2].count("/answer/")
    assert visit.send("/ask", "POST", b"question=Who+is+there%3F", origin=origin)[0] == 403
    assert visit.send("/picture", "POST", b"", origin=origin)[0] == 403
    assert visit.send("/")[2].count("/answer/") == before


def test_a_page_of_another_port_cannot_load_one_of_these(visit: Visit) -> None:
    for sent in ("same-site", "cross-site"):
        assert visit.send("/library", sec_fetch_site=sent)[0] == 403
    assert visit.send("/library", sec_fetch_site="same-origin")[0] == 200


def test_every_answer_forbids_what_is_not_its_own(visit: Visit) -> None:
    for path, cookie in (
        ("/library", visit.cookie),
        ("/", None),
        ("/nowhere", visit.cookie),
        ("/page.js", visit.cookie),
    ):
        _, headers, body = visit.send(path, cookie=cookie)
        rules = headers["content-security-policy"]
        assert "default-src 'none'" in rules
        assert "unsafe" not in rules
        assert "frame-ancestors 'none'" in rules
        assert headers["cache-control"] == "no-store"
        assert not re.search(r"<script(?! src=\"/page.js\")| style=| on\w+=\"|https?://", body), path


def test_what_is_too_large_or_of_unknown_length_is_not_read(visit: Visit) -> None:
    status, _, body = visit.send("/picture", "POST", content_length=str(10**9))
    assert (status, "limits.picture_bytes" in body) == (413, True)
    assert visit.send("/picture", "POST", content_length=None)[0] == 411


@pytest.mark.parametrize(
    "path",
    ["/passage/..%2f..%2fetc%2fpasswd", "/document/%2Fetc%2Fpasswd", "/document/../home/groundsight.toml", "/answer/x",
     "/passage/0123456789abcdef-0000", "/document/0123456789abcdef", "/markup.py", "/style.css/../markup.py"],
)  # fmt: skip
def test_what_lies_elsewhere_reads_like_what_is_absent(visit: Visit, path: str) -> None:
    status, _, body = visit.send(path)
    assert status == 404
    assert "E_NOT_FOUND" in body
    assert "Next:" in body


def test_wrong_arguments_are_told_in_words(visit: Visit) -> None:
    for path in (
        "/search?q=notice&hops=99",
        "/search?q=notice&created_from=soon",
        "/document/x?page=0",
        f"/document/x?page={'9' * 5_000}",
        "/search?q=%2B",
    ):
        status, _, body = visit.send(path)
        assert (status, "E_INVALID_ARG" in body) == (400, True), path
    assert visit.post("/ask", question="  ")[0] == 400


def test_a_question_is_answered_with_verdict_reason_and_marked_cell(visit: Visit) -> None:
    status, headers, _ = visit.post("/ask", question="How many seats does MS Birk have?")
    assert status == 303
    body = visit.send(headers["location"])[2]
    assert "Supported</strong>" in body
    assert "<td><mark>240</mark></td>" in body
    assert body.count("<mark>") == 1
    assert re.search(r"<strong>search</strong>[^<]*MS Birk", body), "the hops stand there"
    assert '<path d="M' in body
    assert "How it was looked for" in visit.send(headers["location"])[2], "it can be loaded again"


def test_a_search_shows_what_each_channel_added(visit: Visit) -> None:
    body = visit.send("/search?q=notice+period&kind=text")[2]
    assert "contract.pdf, page 1" in body
    score = float(re.findall(r"<summary>Score ([\d.]+)", body)[0])
    rows = re.findall(r"<td>[^<]*</td><td>[^<]*</td><td>([\d.]+)</td></tr>(?!</tbody>)", body.split("</table>")[0])
    assert sum(map(float, rows)) == pytest.approx(score, abs=0.001)
    assert 'role="img"' in body
    assert "No document is like" not in visit.send("/search?q=notice&source=nowhere")[2]
    assert "Nothing found" in visit.send("/search?q=notice&source=nowhere")[2]


def test_the_library_tells_of_failures_copies_and_hidden_values(visit: Visit) -> None:
    body = visit.send("/library")[2]
    assert "broken.pdf: " in body
    assert re.search(r"Same content.*docs/note-copy\.txt, docs/note\.txt", body)
    assert re.search(r"contract\.pdf</a></th>(<td>[^<]*</td>){4}<td>1</td>", body), "one hidden value is counted"
    document = re.search(r'/document/\w+(?=">docs/contract)', body)
    assert document
    assert "email: 1" in visit.send(document[0])[2]


def test_a_hidden_value_stays_hidden_on_every_page_and_its_picture_is_refused(visit: Visit) -> None:
    found = visit.send("/search?q=harbour")[2]
    document = re.search(r"/document/\w+(?=\">docs/contract)", visit.send("/library")[2])
    passage = re.search(r"/passage/[\w-]+", found)
    assert document
    assert passage
    pages = [found, *(visit.send(path)[2] for path in (f"{document[0]}?page=2", passage[0]))]
    assert all("[EMAIL_1]" in page and SECRET not in page for page in pages)
    assert all("The page is not shown" in page and "data:image" not in page for page in pages[1:])
    assert "data:image/png" in visit.send(document[0])[2], "the first page hides nothing"


def test_what_a_file_holds_is_shown_as_text(visit: Visit) -> None:
    body = visit.send("/search?q=meeting")[2]
    assert "&lt;script&gt;document.title=" in body
    assert "<script>" not in body


def test_the_trail_names_the_page_as_the_door(visit: Visit) -> None:
    visit.send("/search?q=notice")
    trail = (visit.home / "audit/audit.jsonl").read_text()
    assert '"door":"view"' in trail.replace(" ", "")
    assert '"door":"mcp"' not in trail.replace(" ", "")


def desk_of(tmp_path: Path, **verbs: object) -> Desk:
    settings = settings_at(tmp_path / "home")
    roots = Roots({}, tmp_path / "roots.json", set())
    return Desk(ScriptedSuite(settings, *some_rows(), roots=roots, **verbs))  # type: ignore[arg-type]


def test_a_picture_handed_over_is_read_hidden_and_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    desk, data = desk_of(tmp_path), io.BytesIO()
    Image.new("RGB", (80, 40), "white").save(data, "PNG")
    box = Box(x0=0, y0=0, x1=1, y1=0.1)
    desk._suite.parts.ocr = ScriptedReader((TextLine(text=f"write to {SECRET}", box=box, confidence=0.9),))
    body = upload.looked(desk, "../../up.png", data.getvalue(), "notice")
    assert "write to [EMAIL_1]" in body
    assert SECRET not in body
    assert "found in your documents" in body
    assert list(scratch.iterdir()) == []
    assert desk._suite.parts.roots.names() == ()
    assert not list(tmp_path.rglob("*up.png"))


def test_a_picture_that_is_none_is_refused_and_gone_as_well(tmp_path: Path) -> None:
    desk = desk_of(tmp_path)
    desk._suite.parts.ocr = ScriptedReader()
    with pytest.raises(GroundsightError):
        upload.looked(desk, "x.png", b"nothing of a picture", "")
    assert desk._suite.parts.roots.names() == ()
    assert "Give words, a picture, or both" in upload.looked(desk, "", b"", "")


def test_a_document_of_another_tenant_reads_like_an_absent_one(tmp_path: Path) -> None:
    other = make_asset("docs/other.txt", tenant="other")
    suite = ScriptedSuite(settings_at(tmp_path), (make_unit(other, 0, "theirs"), other))
    with pytest.raises(NotFound):
        Desk(suite).call(Document, ASSET, asset_id=other.asset_id)  # type: ignore[arg-type]


def test_a_step_is_sent_when_it_is_told_and_the_answer_at_the_end(tmp_path: Path) -> None:
    goes_on = threading.Event()

    def ask(suite: ScriptedSuite, question: str) -> Answer:
        suite.watch.step(0, None, "search: 'notice': 4 hits")
        assert goes_on.wait(60)
        return an_answer(question, some_rows()[0][0].unit_id)

    desk = desk_of(tmp_path, ask=ask)
    sent = answer.answer(desk, Questions(desk).ask("How long is the notice period?"))
    before = [next(sent), next(sent), next(sent)]
    assert "4 hits" in before[2]
    goes_on.set()
    after = "".join(sent)
    assert "Supported" in after
    assert "90 days" in after
    assert after.endswith("</html>\n")


def test_a_question_that_fails_or_is_stopped_says_so_on_its_page(tmp_path: Path) -> None:
    begun = threading.Event()

    def ask(suite: ScriptedSuite, question: str) -> Answer:
        begun.set()
        while True:
            suite.watch.step(0, None, "search")

    desk = desk_of(tmp_path, ask=ask)
    questions = Questions(desk)
    asked = questions.ask("How long is it?")
    assert begun.wait(60)
    questions.stop()
    assert "E_CANCELLED" in "".join(answer.answer(desk, asked))


def test_only_the_last_questions_are_held_and_few_are_worked_on_at_once(tmp_path: Path) -> None:
    desk = desk_of(tmp_path)
    waiting, questions = [], Questions(desk)
    first = [questions.ask("Who?", waiting.append) for _ in range(AT_ONCE)]
    with pytest.raises(RateLimited):
        questions.ask("Who?", waiting.append)
    for work in waiting:
        work()
    for _ in range(KEPT):
        questions.ask("Who?", lambda work: work())
    assert len(questions.recent()) == KEPT
    with pytest.raises(NotFound, match="not held"):
        questions.find(first[0].id)


def test_a_contradicted_sentence_is_told_apart_without_colour(tmp_path: Path) -> None:
    found = an_answer("Who?", some_rows()[0][0].unit_id)
    false = found.verdicts[0].model_copy(update={"label": "contradicted"})
    desk = desk_of(tmp_path, ask=lambda _, __: found.model_copy(update={"verdicts": (false,)}))
    asked = OpenQuestion("Who?")
    asked.work(desk)
    body = "".join(answer.answer(desk, asked))
    assert re.search(r'<span aria-hidden="true">✗</span> Contradicted', body)
    assert 'class="line contradicted"' in body
    for part in (".contradicted { --tone: var(--bad); --kind: double", "wavy", "stroke-dasharray: 8 4"):
        assert part in STYLE


def test_everything_is_escaped_in_one_place() -> None:
    assert together("<b>", 1, None, ["&"]) == "&lt;b&gt;1&amp;"
    assert el("a", "<", href='"><script>') == '<a href="&quot;&gt;&lt;script&gt;">&lt;</a>'
    assert el("input", required=True, disabled=False, class_=None) == "<input required>"


CELLS = (("Vessel", "Seats", "Built"), ("Alva", "180", "1998"), ("Birk", "240", "180"), ("Cissi", "24", "2019"))


@pytest.mark.parametrize(
    ("quote", "sentence", "cells"),
    [
        ("240", "", {(2, 1)}),
        ("180", "Alva has 180 seats.", {(1, 1)}),
        ("180", "Birk was built in 180.", {(2, 2)}),
        ("Birk; Seats: 240", "", {(2, 0), (2, 1)}),
        ("Alva | 180 | 1998\nCissi | 24 | 2019", "", {(1, 0), (1, 1), (1, 2), (3, 0), (3, 1), (3, 2)}),
        ("Seats", "", set()),
        ("1800", "", set()),
    ],
)
def test_the_cell_that_was_quoted_is_marked(quote: str, sentence: str, cells: set[tuple[int, int]]) -> None:
    assert marked_cells(CELLS, [quote], [sentence]) == cells


def test_of_a_long_table_the_rows_around_the_mark_are_shown() -> None:
    long = (("Name", "Value"), *((f"n{row}", str(row)) for row in range(1, 500)))
    shown = table(long, {(250, 1)})
    assert "<mark>250</mark>" in shown
    assert "n247" in shown
    assert "n246" not in shown
    assert "492 further rows" in shown


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: int) -> None:
    """WCAG AA: 4.5 to 1 for text, 3 to 1 for the edges of what is clicked."""
    colours = dict(re.findall(r"--([\w]+): (#\w+)", STYLE.split(":root")[1]))
    if scheme:
        colours |= dict(re.findall(r"--([\w]+): (#\w+)", STYLE.split(":root")[2]))
    for ground in ("paper", "card"):
        for name in ("ink", "soft", "link", "good", "bad", "warn"):
            assert contrast(colours[name], colours[ground]) >= 4.5, (name, ground)
        assert contrast(colours["edge"], colours[ground]) >= 3
    assert contrast(colours["on"], colours["link"]) >= 4.5
    assert contrast(colours["ink"], colours["mark"]) >= 4.5


def contrast(one: str, other: str) -> float:
    bright, dark = sorted(map(luminance, (one, other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    lit = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * lit[0] + 0.7152 * lit[1] + 0.0722 * lit[2]


def test_the_line_around_a_place_does_not_cover_what_stands_there() -> None:
    left, top, right, bottom = 0.4, 0.2, 0.42, 0.21
    drawn = {
        name: float(value)
        for name, value in re.findall(r' (x|y|width|height)="([\d.]+)"', boxes([(left, top, right, bottom)]))
    }
    half = float(re.search(r"\.sheet rect \{[^}]*stroke-width: ([\d.]+)px", STYLE)[1]) / 2  # type: ignore[index]
    clear = [
        left - drawn["x"],
        top - drawn["y"],
        drawn["x"] + drawn["width"] - right,
        drawn["y"] + drawn["height"] - bottom,
    ]
    assert min(clear) * 500 >= half
