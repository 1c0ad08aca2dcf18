"""Files are read only inside the roots, whatever the path looks like."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from groundsight.errors import InvalidArgument, NotFound, StorageFailed
from groundsight.governance.beneath import READ, open_checked
from groundsight.governance.roots import Roots
from groundsight.governance.sources import path_text, source_text
from groundsight.settings import Settings
from groundsight.tools.bounds import clean

HARD_NAMES = [
    "line\nbreak.txt", 'quote"s.txt', "; rm -rf x.txt", "$(id).txt", "-rf.txt", "x" * 251 + ".txt",
    "smile \U0001f600.txt", "back\\slash.txt", "a‹FF›.txt", "\u202egpj.txt", "tab\t.txt", "bell\x07.txt",
    os.fsdecode(b"broken \xff.txt"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A root with files inside, a sibling with the same prefix, and a secret outside."""
    root = tmp_path / "data"
    (root / "deep").mkdir(parents=True)
    (root / "a.txt").write_text("inside")
    (root / "deep" / "b.txt").write_text("deeper")
    (tmp_path / "data-evil").mkdir()
    (tmp_path / "data-evil" / "a.txt").write_text("evil")
    (tmp_path / "secret.txt").write_text("secret")
    return root


@pytest.fixture
def roots(folder: Path, tmp_path: Path) -> Roots:
    return Roots.load(Settings(home=tmp_path / "home", roots=(folder,)))


def read(roots: Roots, source: str) -> str:
    with os.fdopen(roots.open_inside(source), "rb") as file:
        return file.read().decode()


def test_source_and_path_lead_to_each_other(roots: Roots, folder: Path) -> None:
    path = folder / "deep" / "b.txt"
    assert roots.source_of(path) == roots.source_of("data/deep/b.txt") == "data/deep/b.txt"


def test_a_relative_path_inside_a_root_is_accepted(roots: Roots, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert roots.source_of("deep/b.txt") == "data/deep/b.txt"


@pytest.mark.parametrize(
    "trick",
    [
        "data/../secret.txt", "../secret.txt", "data/%2e%2e/secret.txt", "data\\..\\secret.txt", "//etc/passwd",
        "~/.ssh/id_rsa", "file:///etc/passwd", "\\\\?\\C:\\x", "/etc/passwd", "data//../../secret.txt", "", "\0",
        "data/a.txt/", "data/a.txt\0.png", "/proc/self/environ", "/dev/zero", "data", "data/deep", "nobody/a.txt",
        "data/absent.txt", "https://example.org/a",
    ],
)  # fmt: skip
def test_path_tricks_read_like_absent_files(roots: Roots, trick: str) -> None:
    with pytest.raises(NotFound) as absent:
        os.close(roots.open_inside("data/no-such-file.txt"))
    with pytest.raises(NotFound) as caught:
        os.close(roots.open_inside(trick))
    assert str(caught.value) == str(absent.value)


def test_a_sibling_with_the_same_prefix_is_outside(roots: Roots, folder: Path) -> None:
    for path in (folder.parent / "data-evil" / "a.txt", "data-evil/a.txt", folder.parent / "secret.txt"):
        with pytest.raises(NotFound):
            os.close(roots.open_inside(path))


def test_links_out_are_refused_and_links_inside_are_followed(roots: Roots, folder: Path) -> None:
    (folder / "out.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "outside").symlink_to(folder.parent)
    (folder / "in.txt").symlink_to(folder / "deep" / "b.txt")
    for trick in ("data/out.txt", "data/outside/secret.txt"):
        with pytest.raises(NotFound):
            os.close(roots.open_inside(trick))
    assert (roots.source_of("data/in.txt"), read(roots, "data/in.txt")) == ("data/deep/b.txt", "deeper")


def test_a_hard_link_is_a_file_of_the_folder_that_holds_it(roots: Roots, folder: Path) -> None:
    os.link(folder.parent / "secret.txt", folder / "hard.txt")
    assert (roots.source_of(folder / "hard.txt"), read(roots, "data/hard.txt")) == ("data/hard.txt", "secret")


def test_pipes_sockets_folders_and_devices_are_no_files(roots: Roots, folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "socket"))
        for name in ("pipe", "socket", "deep"):
            with pytest.raises(NotFound):
                os.close(roots.open_inside(f"data/{name}"))


@pytest.mark.parametrize("name", HARD_NAMES)
def test_every_name_has_one_printable_source_that_leads_back_to_it(roots: Roots, folder: Path, name: str) -> None:
    (folder / name).write_text("x")
    source = roots.source_of(folder / name)
    assert source.isprintable()
    assert source == clean(source)
    assert source in dict(roots.listing("data"))
    assert (roots.source_of(source), read(roots, source)) == (source, "x")


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"])).map(os.fsencode) | st.binary())
def test_a_source_leads_back_to_the_same_bytes_and_to_no_others(name: bytes) -> None:
    path = os.fsdecode(name)
    source = source_text(path)
    assert path_text(source) == path
    assert source.encode().decode() == clean(source)


@pytest.mark.parametrize("source", ["data/‹2E›‹2E›/secret.txt", "data/‹61›.txt", "data/a‹00›.txt", "data/‹2F›etc"])
def test_an_escape_that_nobody_wrote_names_nothing(roots: Roots, source: str) -> None:
    with pytest.raises(NotFound):
        os.close(roots.open_inside(source))


@pytest.mark.skipif(sys.platform != "linux", reason="openat2 is Linux only")
@pytest.mark.parametrize("checked", [False, True])
def test_a_swap_for_a_link_never_reads_outside(roots: Roots, folder: Path, checked: bool) -> None:
    """The file becomes a link between the check and the opening: simulated by opening after the swap."""
    from pathlib import PurePosixPath

    real = folder / "a.txt"
    real.unlink()
    real.symlink_to(folder.parent / "secret.txt")
    if checked:
        with pytest.raises(OSError, match=r".+"):
            os.close(open_checked(folder, PurePosixPath("a.txt"), READ))
    with pytest.raises(NotFound):
        os.close(roots.open_inside("data/a.txt"))


def test_a_swap_race_never_reads_outside(roots: Roots, folder: Path) -> None:
    secret, link, good = folder.parent / "secret.txt", folder / "link", folder / "good"
    for number in range(300):
        good.write_text("inside")
        link.unlink(missing_ok=True)
        link.symlink_to(secret)
        pair = (good, link) if number % 2 else (link, good)
        os.replace(pair[0], folder / "a.txt")
        try:
            with os.fdopen(roots.open_inside("data/a.txt"), "rb") as file:
                assert file.read() == b"inside"
        except NotFound:
            continue


def test_added_folders_are_kept_and_named_apart(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    for place in ("x", "y", "z"):
        (tmp_path / place / "docs").mkdir(parents=True)
    roots = Roots.load(settings)
    assert [roots.add(tmp_path / place / "docs") for place in ("x", "y", "z", "x")] == [
        "docs", "docs-2", "docs-3", "docs",
    ]  # fmt: skip
    assert Roots.load(settings).names() == ("docs", "docs-2", "docs-3")
    assert json.loads((tmp_path / "home" / "roots.json").read_text()) == [
        str(tmp_path / place / "docs") for place in ("x", "y", "z")
    ]
    assert [entry.name for entry in (tmp_path / "home").iterdir()] == ["roots.json"]


def test_only_folders_can_be_added(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    roots = Roots.load(Settings(home=tmp_path / "home"))
    for place in (tmp_path / "file", tmp_path / "absent", Path("/")):
        with pytest.raises(InvalidArgument):
            roots.add(place)


def test_a_broken_register_is_named(tmp_path: Path) -> None:
    (tmp_path / "roots.json").write_text("{")
    with pytest.raises(StorageFailed):
        Roots.load(Settings(home=tmp_path))


def test_the_innermost_root_names_a_file(folder: Path, tmp_path: Path) -> None:
    roots = Roots.load(Settings(home=tmp_path / "home", roots=(folder, folder / "deep")))
    assert roots.source_of(folder / "deep" / "b.txt") == "deep/b.txt"
    assert roots.source_of("data/deep/b.txt") == "deep/b.txt"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["..", ".", "data", "deep", "a.txt", "secret.txt", "data-evil", "", "~"]), max_size=6))
def test_whatever_resolves_lies_inside(roots: Roots, folder: Path, parts: list[str]) -> None:
    try:
        assert read(roots, "/".join(parts)) in ("inside", "deeper")
    except NotFound:
        return
