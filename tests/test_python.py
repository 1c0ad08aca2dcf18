"""The Python door: paths, single and many, results that print, streams, twins for asyncio, and the page about it."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import re
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import groundsight
from groundsight import (
    Answer,
    AsyncSuite,
    Evidence,
    OpenSuite,
    Principal,
    Query,
    Settings,
    Step,
    Verdict,
    langchain,
    open_suite,
)
from groundsight.errors import Cancelled, GroundsightError, InvalidArgument, NotFound, PolicyRefused
from groundsight.governance.roots import Roots
from groundsight.settings import Models
from tests.doors import CANARY

ROOT = Path(__file__).resolve().parent.parent
PERIOD = "How long is the notice period?"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with documents and one that nobody named."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, text in {
        "docs/policy.txt": "The notice period is 90 days.",
        "docs/fee.txt": "The fee is EUR 40.",
        "more/rent.txt": "The rent is EUR 950.",
        "beside/secret.txt": CANARY,
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def suite(desk: Path) -> Generator[OpenSuite]:
    """An open suite that read the folder of documents."""
    with open_suite("home") as opened:
        opened.ingest("docs")
        yield opened


def test_a_path_may_be_text_or_path_single_or_many(desk: Path) -> None:
    for at, given in enumerate(("docs", Path("docs"), ["docs", Path("more")], "~/docs", desk / "docs/fee.txt")):
        with open_suite(str(desk / f"home-{at}")) as suite:
            added = suite.ingest(given).added
            assert added == {2: 3, 4: 1}.get(at, 2)
            assert len(suite.forget(given).forgotten) == added
    with open_suite(Path("home-path")) as suite:
        assert suite.ingest("docs").added == 2
    with open_suite(Settings(home=desk / "home-settings", models=Models(text="none"))) as suite:
        assert suite.suite.settings.models.text == "none"


@pytest.mark.parametrize(
    "many", [iter, set, lambda found: (each for each in found)], ids=["iterator", "set", "generator"]
)
def test_many_paths_may_come_one_by_one(desk: Path, many: Any) -> None:
    with open_suite("home") as suite:
        assert suite.ingest(many([desk / "docs", "more"])).added == 3
        assert len(suite.forget(many(["more"])).forgotten) == 1


ODD: tuple[Any, ...] = (5, b"x", [None], "a\0b", "x" * 10_000)
VERBS: dict[str, Any] = {
    "ingest": lambda suite, odd: suite.ingest(odd),
    "forget": lambda suite, odd: suite.forget(odd),
    "watch": lambda suite, odd: list(suite.watch(odd, once=True)),
    "search": lambda suite, odd: suite.search(odd),
    "ask": lambda suite, odd: suite.ask(odd),
    "stream": lambda suite, odd: list(suite.stream(odd)),
    "verify": lambda suite, odd: suite.verify(odd),
    "verify against": lambda suite, odd: suite.verify(PERIOD, odd),
    "verify against each": lambda suite, odd: suite.verify(PERIOD, {PERIOD: odd}),
    "read": lambda suite, odd: suite.read(odd),
    "ocr": lambda suite, odd: suite.ocr(odd),
    "describe": lambda suite, odd: suite.describe(odd),
    "picture": lambda suite, odd: suite.search(picture=odd),
    "list": lambda suite, odd: suite.list(odd),
    "why": lambda suite, odd: suite.why(odd),
    "limit": lambda suite, odd: suite.search("fee", limit=odd),
    "hops": lambda suite, odd: suite.search("fee", hops=odd),
    "page": lambda suite, odd: suite.read("docs/fee.txt", page=odd),
    "neighbours": lambda suite, odd: suite.read("docs/fee.txt", neighbours=odd),
    "day": lambda suite, odd: suite.list(dated_from=odd),
    "order": lambda suite, odd: suite.list(order=odd),
}


def test_what_does_not_fit_a_verb_is_an_error_of_ours_or_an_answer_and_never_another(suite: OpenSuite) -> None:
    for verb, call in VERBS.items():
        refused = 0
        for odd in ODD:
            try:
                call(suite, odd)
            except GroundsightError:
                refused += 1
        assert refused >= 2, f"{verb}: what is no path and no text is refused"


@pytest.mark.parametrize("given", ["", "  ", [], [""]])
def test_a_watch_of_nothing_is_refused_and_does_not_read_the_folder_one_stands_in(suite: OpenSuite, given: Any) -> None:
    with pytest.raises(InvalidArgument, match="a name is empty"):
        list(suite.watch(given, once=True))
    assert suite.status().assets == 2


def test_a_home_that_is_no_path_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="names no file"):
        open_suite(5)  # type: ignore[arg-type]


def test_the_verbs_answer_in_words_that_print(suite: OpenSuite, desk: Path) -> None:
    answer = suite.ask(PERIOD)
    assert str(answer).startswith('The notice period is 90 days [1].\n\n[1] docs/policy.txt: "')
    assert "+ supported" in str(answer)
    hit = suite.search("notice period", limit=1).hits[0]
    assert str(suite.search(Query(text="notice period", limit=1))).startswith(f"1. {hit.asset.source} (text, ")
    assert "The notice period is 90 days." in str(suite.read(hit.unit.unit_id))
    assert str(suite.list("policy")) == "1 of 2 documents: text 1\ndocs/policy.txt"
    assert suite.list(dated_from="1990-01-01", order="largest").documents
    assert str(suite.status()).startswith("2 documents, 2 units under docs")
    assert str(suite.why("fee.txt", "What is the fee?")).startswith("docs/fee.txt: indexed")
    assert str(suite.ingest("docs")) == "2 unchanged"
    assert repr(suite) == f"open_suite({str(suite.suite.settings.home)!r})"
    with pytest.raises(NotFound, match=r"none\.txt"):
        suite.ingest(["docs", "docs/none.txt"])
    assert str(suite.forget("docs/fee.txt")).startswith("forgotten: docs/fee.txt")


def test_a_text_is_checked_against_the_index_or_against_plain_texts(suite: OpenSuite) -> None:
    text = "The notice period is 90 days. The notice period is 30 days."
    assert [each.label for each in suite.verify(text).claims] == ["supported", "contradicted"]
    for given in (["The fee is EUR 50."], "The fee is EUR 50."):
        report = suite.verify("The fee is EUR 40.", given)
        assert str(report).splitlines()[1].startswith("x contradicted")
        assert "50" in str(report)
    found = [Evidence(evidence_id="e", kind="text", source="e", text="The fee is EUR 40.")]
    assert suite.verify("The fee is EUR 40.", found).verdict == "pass"
    assert suite.verify("The fee is EUR 40.", []).supported == 0
    with pytest.raises(InvalidArgument):
        suite.verify(" ")


PICTURED: dict[str, Any] = {
    "ocr": lambda suite, file: suite.ocr(file),
    "describe": lambda suite, file: suite.describe(file),
    "search": lambda suite, file: suite.search(picture=file),
}


@pytest.mark.parametrize("verb", PICTURED)
def test_a_picture_that_a_program_names_is_read_by_that_call_and_by_nothing_else(
    suite: OpenSuite, desk: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    for name in ("blank.png", "other.png"):
        Image.new("RGB", (320, 80), "white").save(desk / "beside" / name)
    named, refused = desk / "beside/blank.png", list[str]()
    agents = {tool.name: tool for tool in langchain.tools(suite)}
    opened = Roots.open_inside

    def watched(roots: Roots, source: str | Path) -> int:
        """While the call reads its file, other files are out of its reach, and its file out of the reach of others."""
        for beside in (desk / "beside/other.png", "beside/other.png", "./other.png"):
            with pytest.raises(NotFound):
                opened(roots, beside)
        with ThreadPoolExecutor(1) as other:
            refused.append(other.submit(agents["ocr"].invoke, {"picture": str(source)}).result())
        return opened(roots, source)

    monkeypatch.setattr(Roots, "open_inside", watched)
    PICTURED[verb](suite, named)
    monkeypatch.undo()
    assert refused
    refused += [agents["ocr"].invoke({"picture": given}) for given in (str(named), "./blank.png", "beside/blank.png")]
    assert all(told.startswith("E_NOT_FOUND") for told in refused), refused
    assert suite.status().roots == ("docs",)


def test_pictures_of_one_name_are_lent_to_several_calls_at_once(suite: OpenSuite, desk: Path) -> None:
    for folder, width in (("beside", 320), ("more", 160)):
        Image.new("RGB", (width, 80), "white").save(desk / folder / "E1", "PNG")
    with ThreadPoolExecutor(2) as beside:
        found = list(beside.map(suite.ocr, ["beside/E1", desk / "more/E1"] * 2))
    assert {(each.picture, str(each)) for each in found} == {("./E1", "No words found.")}


OPENING: dict[str, Any] = {
    "ingest": lambda suite: suite.ingest("docs"),
    "forget": lambda suite: suite.forget("docs"),
    "watch": lambda suite: suite.watch("docs", once=True),
    "search": lambda suite: suite.search("fee"),
    "ask": lambda suite: suite.ask(PERIOD),
    "stream": lambda suite: list(suite.stream(PERIOD)),
    "verify": lambda suite: suite.verify(PERIOD),
    "verify against": lambda suite: suite.verify("The fee is EUR 40.", ["The fee is EUR 50."]),
    "read": lambda suite: suite.read("docs/fee.txt"),
    "ocr": lambda suite: suite.ocr("docs/fee.txt"),
    "describe": lambda suite: suite.describe("docs/fee.txt"),
    "list": lambda suite: suite.list(),
    "status": lambda suite: suite.status(),
    "why": lambda suite: suite.why("docs/fee.txt"),
}


def test_a_closed_suite_refuses_every_verb_and_opens_nothing_again(suite: OpenSuite) -> None:
    suite.ask(PERIOD)
    other = suite.acting_for()
    suite.close()
    suite.close()
    for verb, call in OPENING.items():
        for closed in (suite, other):
            with pytest.raises(InvalidArgument, match="this suite is closed"):
                call(closed)
            assert not {"index", "helper", "sandbox", "questions"} & vars(closed.suite.parts).keys(), verb

    async def beside() -> None:
        async with suite.aio as aio:
            for call in (aio.ask(PERIOD), anext(aio.watch("docs", once=True)), aio.list()):
                with pytest.raises(InvalidArgument, match="open it again"):
                    await call

    asyncio.run(beside())


def test_a_principal_with_folders_of_its_own_reads_and_watches_nothing_else(suite: OpenSuite, desk: Path) -> None:
    Image.new("RGB", (32, 8), "white").save(desk / "beside/blank.png")
    bound = suite.acting_for(Principal(roots=(desk / "docs",), may_write=True))
    for refused in (bound.ocr, bound.describe, bound.watch):
        with pytest.raises(NotFound):
            refused(str(desk / "beside/blank.png"))
    with pytest.raises(PolicyRefused):
        suite.acting_for(Principal()).watch("docs")
    assert suite.acting_for(Principal(tenant="other")).list().documents == ()


def test_a_stream_tells_steps_evidence_and_verdicts_and_ends_with_the_answer(suite: OpenSuite) -> None:
    events = list(suite.stream(PERIOD))
    kinds = [type(each) for each in events]
    assert (kinds[0], kinds[-1]) == (Step, Answer)
    assert kinds.index(Evidence) < kinds.index(Verdict)
    shown = [each.evidence_id for each in events if isinstance(each, Evidence)]
    assert len(shown) == len(set(shown))
    assert str(events[-1]) == str(suite.ask(PERIOD))


def test_watch_reports_what_changed_until_it_is_left(suite: OpenSuite, desk: Path) -> None:
    reports = suite.watch("docs")
    assert next(reports).unchanged == 2
    (desk / "docs/new.txt").write_text("The deposit is EUR 7.")
    assert [file.source for file in next(reports).files] == ["docs/new.txt"]
    reports.close()
    assert suite.status().followed == ()
    assert [report.unchanged for report in suite.watch(once=True)] == [3]


def test_every_verb_has_a_twin_with_the_same_signature() -> None:
    verbs = {name for name, verb in vars(OpenSuite).items() if inspect.isfunction(verb) and name[0] != "_"}
    for name in verbs - {"acting_for"}:
        verb, twin = getattr(OpenSuite, name), getattr(AsyncSuite, name)
        assert inspect.signature(verb) == inspect.signature(twin)
        assert inspect.getdoc(verb) == inspect.getdoc(twin)
        waits = inspect.isasyncgenfunction if inspect.isgeneratorfunction(verb) else inspect.iscoroutinefunction
        assert name in ("watch", "stream") or waits(twin)


def test_the_twins_do_the_same_and_a_cancelled_task_stops_the_work(suite: OpenSuite) -> None:
    async def main() -> None:
        aio = suite.aio
        assert (await aio.ask(PERIOD)).text == suite.ask(PERIOD).text
        assert [type(each) async for each in aio.stream(PERIOD)] == [type(each) for each in suite.stream(PERIOD)]
        assert [report.unchanged async for report in aio.watch("docs", once=True)] == [2]
        reports = aio.watch("docs")
        assert (await anext(reports)).unchanged == 2
        waiting = asyncio.create_task(anext(reports))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(main())
    assert suite.status().followed == ()


def test_a_cancelled_watch_stops_a_stream_at_its_next_step(suite: OpenSuite) -> None:
    from groundsight.tracing import Watch

    watch = Watch()
    events = suite.acting_for(watch=watch).stream(PERIOD)
    next(events)
    watch.cancel()
    with pytest.raises(Cancelled):
        list(events)


HOSTILE = '<script src="http://evil.example/x.js"></script>\x1b[2J<img onerror=alert(1)>'


def test_what_a_notebook_shows_is_escaped_and_what_a_terminal_shows_holds_no_control_signs(desk: Path) -> None:
    (desk / "docs/hostile.txt").write_text(f"The notice period is 90 days {HOSTILE}.")
    with open_suite("hostile-home") as suite:
        suite.ingest("docs/hostile.txt")
        results: list[Any] = [suite.search("notice period"), suite.ask(PERIOD), suite.verify(HOSTILE, [HOSTILE])]
        results += [results[0].hits[0], suite.read(results[0].hits[0].unit.unit_id), suite.list(), suite.status()]
    for result in results:
        html = result._repr_html_()
        for tag, attributes in re.findall(r"<(\w+)([^>]*)>", html):
            assert tag in ("b", "br", "div", "em", "li", "ol", "p", "pre", "small", "ul")
            assert re.fullmatch(r'(?: style="[^"]*")?', attributes)
        assert "\x1b" not in str(result) + html


def test_a_notebook_shows_all_that_an_answer_says_and_the_id_by_which_a_hit_is_read(
    suite: OpenSuite, desk: Path
) -> None:
    (desk / "docs/torn.pdf").write_text("%PDF-1.4 nothing")
    suite.ingest("docs")
    told = suite.ask("How many PDFs do I have?")
    assert "docs/torn.pdf" in told.text
    assert "docs/torn.pdf" in told.as_html()
    said = suite.ask(PERIOD).as_html()
    assert said.count("The notice period is 90 days [1].") == 1
    assert "<p></p>" not in said
    hit = suite.search("notice period", limit=1).hits[0]
    assert hit.unit.unit_id in hit.as_html()


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    for name in groundsight.__all__:
        assert inspect.getdoc(getattr(groundsight, name)), name
    assert set(groundsight.__all__) <= set(dir(groundsight))
    with pytest.raises(AttributeError, match="no_such"):
        groundsight.no_such  # noqa: B018


def test_the_page_about_python_is_what_the_code_says() -> None:
    spec = importlib.util.spec_from_file_location("python_page", ROOT / "docs/python_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.page() == (ROOT / "docs/python.md").read_text("utf-8"), "run: python docs/python_page.py"
