"""Files inside files: each an asset of its own below its parent, protected, limited and forgotten as that is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.errors import UnsupportedType
from groundsight.ingestion import Element, IngestReport, Inside, Parsed
from groundsight.ingestion.forget import forget
from groundsight.ingestion.frozen import Frozen
from groundsight.ingestion.ingest import ingest
from groundsight.ingestion.inside import harmless
from groundsight.ingestion.stale import stale_of
from groundsight.settings import Settings, load_settings
from groundsight.suite import Suite, open_suite
from groundsight.tracing import Watch
from groundsight.types import Asset, Filter, Principal
from tests.build import make_asset, make_entry, make_unit

LIGHT = {"text": "none", "visual": "none", "ocr": "none"}
WRITER = Principal(may_write=True, labels=("board",))


def read(document: Frozen, settings: Settings, scratch: Path, watch: Watch) -> Parsed:
    """A box is a JSON list of [name, content]; a content that is a list is a box again; all else is text."""
    text = document.read().decode()
    if text == "REFUSED":
        raise UnsupportedType("a stone is not read: it quotes the file")
    inside = json.loads(text) if text.startswith("[") else []
    for number, (_, content) in enumerate(inside):
        (scratch / f"inside-{number}").write_text(content if isinstance(content, str) else json.dumps(content))
    listed = tuple(Inside(name=name, file=f"inside-{number}") for number, (name, _) in enumerate(inside))
    shown = f"A box of {len(inside)}." if inside else text
    return Parsed(media_type="text/plain", elements=(Element(kind="text", text=shown),), inside=listed)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


@pytest.fixture
def suite(tmp_path: Path, folder: Path) -> Iterator[Suite]:
    limits = {"inside_files": 6, "archive_bytes": 1000}
    settings = load_settings(tmp_path / "home", models=LIGHT, ingestion={"tags": False}, limits=limits)
    with open_suite(settings) as opened:
        yield opened


def run(suite: Suite, folder: Path, *content: Any, who: Principal = WRITER, **options: Any) -> IngestReport:
    """Write the box, if any, and ingest its folder."""
    if content:
        (folder / "box").write_text(json.dumps(list(content)))
    suite.parts.roots.admit(folder)
    return ingest(suite.parts, [folder], who, Watch(), reader=read, **options)


def lines(report: IngestReport) -> dict[str, str]:
    return {each.source: each.problem.code if each.problem else each.status for each in report.files}


def assets(suite: Suite) -> dict[str, Asset]:
    return {each.source: each for each in suite.parts.index.assets(Filter())}


def test_a_file_inside_is_an_asset_of_its_own_with_its_parent_and_one_line(suite: Suite, folder: Path) -> None:
    report = run(suite, folder, ["a.txt", "Apples."], ["deep", [["b.txt", "Pears."]]])
    assert lines(report) == dict.fromkeys(
        ["files/box", "files/box/a.txt", "files/box/deep", "files/box/deep/b.txt"], "added"
    )
    parents = {source: each.parent for source, each in assets(suite).items()}
    assert parents["files/box"] is None
    assert parents["files/box/deep/b.txt"] == "files/box/deep"


def test_what_has_not_changed_is_skipped_by_its_hash(suite: Suite, folder: Path) -> None:
    run(suite, folder, ["a.txt", "Apples."], ["deep", [["b.txt", "Pears."]]])
    assert set(lines(run(suite, folder)).values()) == {"unchanged"}
    report = run(suite, folder, ["a.txt", "Plums."], ["deep", [["b.txt", "Pears."]]])
    assert lines(report) == {
        "files/box": "changed",
        "files/box/a.txt": "changed",
        "files/box/deep": "unchanged",
        "files/box/deep/b.txt": "unchanged",
    }


def test_what_its_parent_no_longer_holds_is_removed_and_so_is_what_lies_in_it(suite: Suite, folder: Path) -> None:
    run(suite, folder, ["a.txt", "Apples."], ["deep", [["b.txt", "Pears."]]])
    report = run(suite, folder, ["a.txt", "Apples."])
    assert lines(report)["files/box/deep/b.txt"] == "removed"
    assert set(assets(suite)) == {"files/box", "files/box/a.txt"}
    (folder / "box").unlink()
    assert set(lines(run(suite, folder)).values()) == {"vanished"}
    assert run(suite, folder, prune=True).removed == 2
    assert not assets(suite)


def test_a_file_and_all_inside_of_it_are_forgotten_together(suite: Suite, folder: Path) -> None:
    run(suite, folder, ["deep", [["b.txt", "Pears."]]])
    report = forget(suite.parts, ["files/box/deep"], WRITER, Watch())
    assert report.still_there == report.forgotten == ("files/box/deep", "files/box/deep/b.txt")
    assert set(assets(suite)) == {"files/box"}
    run(suite, folder, ["deep", [["b.txt", "Pears!"]]])
    forget(suite.parts, ["files/box"], WRITER, Watch())
    assert not assets(suite)


def test_a_file_inside_is_protected_as_its_parent_is(suite: Suite, folder: Path) -> None:
    (folder / "box").write_text(json.dumps([["a.txt", "Apples."], ["deep", [["b.txt", "Pears."]]]]))
    guard = make_asset(
        "files/box", labels=("board",), region="eu", consent_until=date(2999, 1, 1), sha256="0" * 64, tenant="default"
    )
    suite.parts.index.upsert([make_entry(guard, make_unit(guard, text="Old."))])
    run(suite, folder, who=Principal(may_write=True, labels=("board",), region="eu"))
    held = {(each.labels, each.region, each.consent_until) for each in assets(suite).values()}
    assert held == {(("board",), "eu", date(2999, 1, 1))}
    stranger = lines(run(suite, folder, who=Principal(may_write=True)))
    assert stranger == {}


def test_a_copy_inside_of_what_is_protected_elsewhere_stays_protected(suite: Suite, folder: Path) -> None:
    content = "Pears."
    guard = make_asset("files/other", labels=("board",), sha256=sha256(content.encode()).hexdigest(), tenant="default")
    suite.parts.index.upsert([make_entry(guard, make_unit(guard, text=content))])
    run(suite, folder, ["b.txt", content])
    assert assets(suite)["files/box/b.txt"].labels == ("board",)
    assert assets(suite)["files/box"].labels == ()


def test_what_can_not_be_read_costs_its_line_and_stands_in_the_ledger_of_its_parent(suite: Suite, folder: Path) -> None:
    report = run(suite, folder, ["a", "REFUSED"], ["b", "REFUSED"], ["c.txt", "Pears."])
    assert lines(report) == {
        "files/box": "added",
        "files/box/a": "E_UNSUPPORTED_TYPE",
        "files/box/b": "E_UNSUPPORTED_TYPE",
        "files/box/c.txt": "added",
    }
    (left,) = assets(suite)["files/box"].left_out
    assert (left.kind, left.count, left.why) == ("file inside", 2, "a stone is not read")
    assert assets(suite)["files/box"].warnings == (str(left),)


def test_depth_number_and_bytes_are_limited(suite: Suite, folder: Path) -> None:
    nested: Any = "The end."
    for _ in range(5):
        nested = [["in", nested]]
    assert lines(run(suite, folder, *nested))["files/box/in/in/in/in"] == "E_LIMIT_INSIDE"
    assert len(assets(suite)) == 4
    many = run(suite, folder, *([f"{number}.txt", f"Pear {number}."] for number in range(9)))
    assert [*lines(many).values()].count("E_LIMIT_INSIDE") == 3
    large = run(suite, folder, ["a.txt", "a" * 600], ["b.txt", "b" * 600])
    assert lines(large)["files/box/b.txt"] == "E_LIMIT_BYTES"


def test_hostile_and_equal_names_stay_below_their_parent(suite: Suite, folder: Path) -> None:
    names = ["../../x.txt", "/etc/x.txt", "C:\\x.txt", "x.txt", "", "ann@example.com.txt"]
    run(suite, folder, *([name, f"Pear {number}."] for number, name in enumerate(names)))
    inside = sorted(set(assets(suite)) - {"files/box"})
    assert [each for each in inside if "EMAIL" not in each] == [
        "files/box/etc/x.txt", "files/box/unnamed", "files/box/x (2).txt", "files/box/x (3).txt", "files/box/x.txt",
    ]  # fmt: skip
    assert not any("ann@" in each for each in inside)


@given(st.text())
def test_a_name_never_leads_elsewhere(name: str) -> None:
    place = PurePosixPath(harmless(name))
    assert str(place) == harmless(name)
    assert not place.is_absolute()
    assert place.parts
    assert not {"..", "."} & set(place.parts)
    assert not {"\\", *map(chr, range(32))} & set(str(place))


def test_a_file_inside_is_as_current_as_the_file_on_the_disk(suite: Suite, folder: Path) -> None:
    run(suite, folder, ["deep", [["b.txt", "Pears."]]])
    asset = assets(suite)["files/box/deep/b.txt"]
    assert stale_of(suite.parts, asset) == ""
    (folder / "box").write_text("[]")
    assert stale_of(suite.parts, asset) == "changed"
    (folder / "box").unlink()
    assert stale_of(suite.parts, asset) == "gone"


def test_an_interrupted_run_reads_the_rest(suite: Suite, folder: Path) -> None:
    watch = Watch()
    (folder / "box").write_text(json.dumps([["a.txt", "Apples."], ["b.txt", "Pears."]]))
    suite.parts.roots.admit(folder)

    def stop(document: Frozen, settings: Settings, scratch: Path, watch: Watch) -> Parsed:
        if document.name == "b.txt":
            raise KeyboardInterrupt
        return read(document, settings, scratch, watch)

    with pytest.raises(KeyboardInterrupt):
        ingest(suite.parts, [folder], WRITER, watch, reader=stop)
    assert lines(run(suite, folder)) == {
        "files/box": "added", "files/box/a.txt": "unchanged", "files/box/b.txt": "added",
    }  # fmt: skip
