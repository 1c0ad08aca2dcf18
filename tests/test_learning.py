"""Learning from judged searches, through the command line: what helps is promoted, what does not is refused."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mcp import Client, StdioServerParameters

from groundsight.cli import main
from groundsight.doors.learn.judged import Lesson, lessons
from groundsight.doors.learn.promote import promoted
from groundsight.doors.learn.train import Training, train
from groundsight.doors.learn.versions import DOCUMENTS, known_documents, proposal, trained_versions
from groundsight.doors.view.desk import Desk
from groundsight.errors import Cancelled, IndexVersion, InvalidArgument, ModelFailed, PolicyRefused
from groundsight.governance.audit_chain import TRAIL
from groundsight.governance.review import forget_reviews
from groundsight.index import open_index
from groundsight.index.export import stored_vectors
from groundsight.index.migrate import sealed
from groundsight.models.nets import first_weights
from groundsight.models.store import (
    WEIGHTS,
    Card,
    active,
    card_named,
    packed,
    promote,
    save_version,
    trained_cards,
    weights_of,
)
from groundsight.settings import Settings, load_settings
from groundsight.suite import local_principal, open_suite
from groundsight.tools.search import SearchHits
from groundsight.tracing import Watch
from groundsight.types import Filter, Query
from tests.test_drift import COURT, GARDEN, put, texts
from tests.test_fusers import START
from tests.test_server_http import served
from tests.test_server_stdio import ROOT, environment
from tests.tiny_models import save_bert, save_clip, spoil

BIRDS = (
    "kestrel osprey heron plover dunlin godwit curlew avocet bittern wigeon gadwall pochard smew garganey shoveler "
    "pintail teal goosander merganser eider scoter goldeneye whimbrel turnstone knot ruff redshank greenshank snipe "
    "woodcock phalarope skua kittiwake guillemot razorbill puffin shearwater petrel fulmar gannet"
).split()
SETTINGS = (
    '[models]\ntext = "none"\nvisual = "none"\nreader = "none"\nrerank = "none"\n[search.weights]\nheading = 0.0\n'
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of each bird one file by its name, without the word in it, and two others that speak of it."""
    place = tmp_path_factory.mktemp("learning")
    files = place / "files"
    files.mkdir()
    for number, bird in enumerate(BIRDS):
        (files / f"{bird}.txt").write_text(f"Ringed at site {number}, on the shore, by two people before noon.")
        for copy in range(2):
            other = f"The {bird} was seen again: {bird} in group {copy}{number}, and a {bird} alone on the water."
            (files / f"log-{copy}-{number}.txt").write_text(other)
    (place / "groundsight.toml").write_text(SETTINGS)
    with open_suite(load_settings(place)) as suite:
        assert suite.ingest(files).failed == 0
    judged = [{"query": f"report {bird}", "relevant": [f"/{bird}.txt"]} for bird in BIRDS]
    (place / "named.jsonl").write_text("\n".join(map(json.dumps, judged)))
    seen = [
        {"query": f"{bird} seen again on the water", "relevant": [f"log-{copy}-{at}.txt" for copy in range(2)]}
        for at, bird in enumerate(BIRDS)
    ]
    (place / "seen.jsonl").write_text("\n".join(map(json.dumps, seen)))
    return place


def run(home: Path, *words: str) -> int:
    return main([*words, "--home", str(home)])


def learnt(home: Path, source: str = "named.jsonl", watch: Watch | None = None, **told: object) -> str:
    settings = load_settings(home)
    order = Training("fuser", str(home / source), **{"form": "gated", "epochs": 12, **told})  # type: ignore[arg-type]
    return train(settings, local_principal(settings), order, watch or Watch()).id


def killed_at(message: str, home: Path, *words: str) -> None:
    """Run a command in a process of its own that is killed when it tells this progress."""
    code = (
        "import os, sys; from groundsight.cli import main; from groundsight.doors.cli_show import Bar\n"
        "Bar.step = lambda self, done, total, message: os.kill(os.getpid(), 9) if message == sys.argv[1] else None\n"
        "main(sys.argv[2:])"
    )
    given = [sys.executable, "-c", code, message, *words, "--home", str(home)]
    assert subprocess.run(given, cwd=ROOT, env=environment(), capture_output=True, check=False).returncode == -9


def test_a_gate_that_helps_is_promoted_and_taken_back_and_one_that_does_not_is_refused(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def first() -> str:
        with open_suite(load_settings(home)) as suite:
            return suite.search("report heron").hits[0].asset.source

    assert "log-" in first()
    assert run(home, "train", "fuser", "--from", str(home / "named.jsonl")) == 0
    name = trained_cards(home)[-1].id
    monkeypatch.setenv("GROUNDSIGHT_SEARCH__FUSION", "gated")
    assert run(home, "search", "report heron") == 2
    assert "groundsight models promote" in capsys.readouterr().err
    assert run(home, "models", "eval", name, "--from", str(home / "seen.jsonl")) == 1
    assert "worse than rrf" in capsys.readouterr().out
    assert run(home, "models", "eval", name) == 0
    assert active(home, "fuser") is None
    assert run(home, "models", "promote", name) == 0
    told = capsys.readouterr().out
    assert "map: " in told
    assert ", difference +" in told
    assert first().endswith("/heron.txt")
    assert run(home, "search", "report heron", "--explain") == 0
    assert "(gate 0." in capsys.readouterr().out
    assert run(home, "models", "rollback", "fuser") == 0
    assert "log-" in first()
    assert run(home, "train", "fuser", "--from", str(home / "seen.jsonl")) == 1
    useless = trained_cards(home)[-1].id
    for unforced in ((), ("--force", " ")):
        assert run(home, "models", "promote", useless, *unforced) == 1
        assert "not better than rrf" in capsys.readouterr().err
    assert getattr(active(home, "fuser"), "id", None) == ""
    for _ in range(2):
        assert run(home, "models", "promote", useless, "--force", "to look at it") == 0
        assert "forced: to look at it" in capsys.readouterr().out
    assert getattr(active(home, "fuser"), "before", None) == ("",)
    trail = (home / "audit" / TRAIL).read_text()
    assert f"fuser {useless} forced" in trail
    assert "fuser back to the packaged one" in trail


def test_a_trained_re_ranker_learns_what_a_name_is_worth(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(home, "train", "reranker", "--from", str(home / "named.jsonl")) == 0
    name = next(card.id for card in trained_cards(home) if card.kind == "reranker")
    assert run(home, "models", "promote", name) == 0
    monkeypatch.setenv("GROUNDSIGHT_MODELS__RERANK", "trained")
    with open_suite(load_settings(home)) as suite:
        found = suite.search(Query(text="report osprey"))
        assert found.hits[0].asset.source.endswith("/osprey.txt")
        assert found.tier.models["rerank"] == name
        assert run(home, "models", "rollback", "reranker") == 0
        assert suite.search(Query(text="report osprey")).tier.models["rerank"] != name


def test_a_seed_gives_its_bytes_and_a_killed_training_goes_on_to_the_same(home: Path) -> None:
    whole = learnt(home)
    wanted = (home / "models" / "fuser" / whole / WEIGHTS).read_bytes()
    assert learnt(home, seed=1, share=0.39) != whole

    before = trained_cards(home)
    shutil.rmtree(home / "models" / "fuser" / whole)
    killed_at("round 10", home, "train", "fuser", "--from", str(home / "named.jsonl"), "--epochs", "12")
    assert len(trained_cards(home)) == len(before) - 1
    rounds: list[str] = []
    assert learnt(home, watch=Watch(lambda _, __, message: rounds.append(message))) == whole
    assert "round 8" not in rounds
    assert "round 9" in rounds
    assert (home / "models" / "fuser" / whole / WEIGHTS).read_bytes() == wanted


def test_a_cancelled_training_leaves_no_version(home: Path) -> None:
    watch, before = Watch(), trained_cards(home)
    watch.cancel()
    with pytest.raises(Cancelled):
        learnt(home, watch=watch, seed=7)
    assert trained_cards(home) == before


def test_opened_hits_are_kept_where_that_is_wanted_learnt_from_last_and_forgotten_with_their_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened() -> list[Lesson]:
        with open_suite(load_settings(home)) as suite:
            desk = Desk(suite)
            hits = desk.call(SearchHits, "search", query="report merganser").hits
            desk.opened("report merganser", hits[0].id)
            desk.opened("mail anna.weber@example.com", hits[0].id)
            return lessons("clicks", suite)[0]

    with pytest.raises(InvalidArgument, match="nothing was judged"):
        opened()
    monkeypatch.setenv("GROUNDSIGHT_GOVERNANCE__KEEP_CLICKS", "true")
    (first, redacted) = opened()
    assert (first.query, first.noisy) == ("report merganser", True)
    assert "anna.weber" not in redacted.query
    with closing(sqlite3.connect(home / "daybook.db")) as book, book:
        book.execute("UPDATE opened SET time = time - 366 * 86400 WHERE question LIKE 'mail%'")
    with open_suite(load_settings(home)) as suite:
        assert [one.query for one in lessons("clicks", suite)[0]] == ["report merganser"]
        assert b"mail [EMAIL_1]" not in (home / "daybook.db").read_bytes()
        ((unit, _),) = suite.parts.index.get(sorted(first.right), Filter())
        forget_reviews(home, [unit.asset_id])
        with pytest.raises(InvalidArgument, match="nothing was judged"):
            lessons("clicks", suite)


GOOD = {"query": "report heron", "relevant": ["/heron.txt"]}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "not JSON"),
        ({"query": "report ruff", "relevant": ["nowhere.txt"]}, "not in the corpus"),
        ({"query": "report ruff", "relevant": ["uff.txt"]}, "not in the corpus"),
        ({"query": "report ruff", "relevant": ["txt"]}, "not in the corpus"),
        ({"query": "report ruff", "relevant": []}, "one side is empty"),
        ({"query": "report ruff", "relevant": [], "irrelevant": ["/ruff.txt"]}, "one class only"),
        ({"query": "report ruff", "relevant": ["/ruff.txt"], "irrelevant": []}, "one side is empty"),
        ({"query": "report ruff", "relevant": ["/ruff.txt"], "irrelevant": ["/ruff.txt"]}, "both sides"),
        ({"query": " ", "relevant": ["/ruff.txt"]}, "one side is empty"),
        ({"query": "Report  heron", "relevant": ["/heron.txt"]}, "line 1 already"),
        ({"query": "report ruff", "relevant": ["/ruff.txt", "/ruff.txt"]}, "twice"),
        ({"query": "mail anna.weber@example.com", "relevant": ["/ruff.txt"]}, "personal data"),
        ({"query": "report ruff", "relevant": [7]}, "field relevant"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_a_line_that_can_t_be_used_is_named_and_nothing_is_kept(
    home: Path, tmp_path: Path, line: object, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, before = tmp_path / "bad.jsonl", trained_cards(home)
    bad.write_text(f"{json.dumps(GOOD)}\n{line if isinstance(line, str) else json.dumps(line)}\n")
    assert run(home, "train", "fuser", "--from", str(bad)) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "line 2" in said
    assert trained_cards(home) == before


def test_a_projection_learns_from_pictures_alone(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(home, "train", "projection", "--from", str(home / "named.jsonl")) == 2
    assert "models.visual" in capsys.readouterr().err


def test_weights_that_were_changed_are_refused_by_name(home: Path) -> None:
    card = card_named(home, learnt(home, seed=3))
    (home / "models" / "fuser" / card.id / WEIGHTS).write_bytes(b"other")
    with pytest.raises(ModelFailed, match="not what was trained"):
        weights_of(home, card)


FUSER = {
    "kind": "fuser", "form": "gated", "parent": "rrf", "source": "j.jsonl", "data": "", "seed": 0, "settings": {},
    "trained": 9, "held_out": 9,
}  # fmt: skip
KINDS = {"adapter": "text", "encoder": "text", "projection": "visual", "picture_adapter": "visual"}


def tiny_house(place: Path, kind: str, more: str = "") -> tuple[Path, Path]:
    """A home of a tiny random encoder over forty texts or pictures, with judged lines; and another such encoder."""
    from PIL import Image

    lane, files, home = KINDS[kind], place / "files", place / "home"
    model, other = (save_bert(place / "bert"), save_bert(place / "other")) if lane == "text" else (
        save_clip(place / "clip"), place
    )  # fmt: skip
    if lane == "text":
        spoil(other, 0.5)
    chosen = f'{lane} = "{"transformers" if lane == "text" else "open_clip"}:{model}"'
    files.mkdir()
    home.mkdir()
    # ConSe stays in the words of the encoder that the settings name; loading it twice would test the same twice.
    others = "" if kind == "adapter" else 'visual = "none"' if lane == "text" else 'text = "none"\nocr = "none"'
    (home / "groundsight.toml").write_text(f"[models]\n{chosen}\n{others}\n[ingestion]\ntags = false\n{more}")
    for number, bird in enumerate(BIRDS):
        if lane == "text":
            (files / f"{bird}.txt").write_text(f"the {'cat' if number % 2 else 'dog'} sat " + "on the mat " * number)
        else:
            Image.effect_mandelbrot((64, 64), (-2, -1, 1, 1), 4 + number).convert("RGB").save(files / f"{bird}.png")
    lines = [{"query": f"the cat {file.stem}", "relevant": [file.name]} for file in sorted(files.iterdir())]
    (home / "judged.jsonl").write_text("\n".join(map(json.dumps, lines)))
    with open_suite(load_settings(home)) as suite:
        assert suite.ingest(files).failed == 0
    return home, other


def version_for(home: Path, kind: str, other: Path) -> tuple[str, ...]:
    """What to promote: a version that is trained now, or another encoder with the lines that measure it."""
    judged = ("--from", str(home / "judged.jsonl"))
    if kind == "encoder":
        return (f"transformers:{other}", *judged)
    assert run(home, "train", kind, *judged, "--epochs", "4", "--held-out", "0.5") in (0, 1)
    return (next(card.id for card in trained_cards(home) if card.kind == kind),)


@pytest.mark.parametrize("kind", KINDS)
def test_an_encoder_that_learnt_is_used_over_an_index_encoded_anew_and_taken_back(
    tmp_path: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Words alone rank, so that no other vectors are surely better.
    home, other = tiny_house(tmp_path, kind, "[search.weights]\ntext = 1e-9\n")
    lane = KINDS[kind]

    def vectors() -> tuple[str, np.ndarray]:
        with open_suite(load_settings(home)) as suite:
            assert suite.search(Query(text="the cat", channels=(lane,))).hits  # type: ignore[arg-type]
            return suite.parts.index.fingerprints()[lane], stored_vectors(home / "index", lane)[1]  # type: ignore[arg-type]

    plain, before = vectors()
    owned = sorted((home / "derived").rglob("*"))
    named = version_for(home, kind, other)
    assert vectors()[0] == plain
    if lane == "text":
        assert run(home, "models", "promote", *named) == 1
        assert "not better than" in capsys.readouterr().err
        assert vectors()[0] == plain
    assert run(home, "models", "promote", *named, "--force", "to try it") == 0
    told = capsys.readouterr().out
    assert "recall_at_10: " in told
    assert "difference " in told
    fingerprint, turned = vectors()
    assert fingerprint.startswith("other@" if kind == "encoder" else f"{plain}+{trained_cards(home)[-1].id}")
    assert not (home / ".beside").exists()
    assert sorted((home / "derived").rglob("*")) == owned, "what belongs to no source could not be forgotten"
    assert {one.retrain for one in trained_versions(load_settings(home))} == {""}
    assert turned.shape == before.shape
    # The adapter of a CLIP is one of what reads words.
    assert (np.abs(turned - before).max() > 1e-4) == (kind != "picture_adapter")
    assert run(home, "models", "rollback", kind) == 0
    again, back = vectors()
    assert again == plain
    assert np.abs(back - before).max() < 1e-4


def test_running_servers_answer_by_what_was_promoted_or_taken_back_meanwhile(tmp_path: Path) -> None:
    home, other = tiny_house(tmp_path, "encoder", '[search]\nfusion = "gated"\n')
    save_version(
        home, Card.model_validate({**FUSER, "id": "gated-0"}), {WEIGHTS: packed(first_weights("gated", START, 0))}
    )
    promote(home, card_named(home, "gated-0"))
    learnt(home, "judged.jsonl", epochs=1)
    fuser, adapter = trained_cards(home)[-1].id, version_for(home, "adapter", other)
    encoder = version_for(home, "encoder", other)
    steps = (
        ("promote", *adapter, "--force", "x"), ("promote", *encoder, "--force", "x"), ("rollback", "encoder"),
        ("rollback", "adapter"), ("promote", fuser, "--force", "x"), ("rollback", "fuser"),
    )  # fmt: skip

    async def told(client: Client) -> tuple[str, str]:
        found = (await client.call_tool("search", {"query": "the cat"})).structured_content
        assert found["hits"]
        return found["tier"]["models"]["text"], found["tier"]["models"]["fusion"]

    async def walk(port: int) -> list[tuple[str, str]]:
        started = StdioServerParameters(
            command=sys.executable, args=["server.py", "--home", str(home)], env=environment(), cwd=ROOT
        )
        async with Client(started) as here, Client(f"http://127.0.0.1:{port}/mcp") as there:
            seen = [await told(here)]
            assert await told(there) == seen[0]
            for step in steps:
                assert run(home, "models", *step) == 0
                seen.append(await told(here))
                assert await told(there) == seen[-1]
            return seen

    with served(home) as port:
        texts, fusers = zip(*asyncio.run(walk(port)), strict=True)
    plain, adapted = texts[0], f"{texts[0]}+{adapter[0]}"
    assert [name if name in (plain, adapted) else "other" for name in texts] == [
        plain, adapted, "other", adapted, plain, plain, plain
    ]  # fmt: skip
    assert fusers == ("gated-0",) * 5 + (fuser, "gated-0")


def test_a_promotion_that_is_killed_changes_nothing_and_vectors_of_the_former_encoder_are_not_written_behind_one(
    tmp_path: Path,
) -> None:
    home, other = tiny_house(tmp_path, "encoder")
    with open_suite(load_settings(home)) as suite:
        before = next(suite.parts.index.export(Filter()))
        made = replace(sealed(before, ()), encoders=suite.parts.index.fingerprints())
        named = version_for(home, "encoder", other)
        killed_at("encoding beside the index", home, "models", "promote", *named, "--force", "x")
        assert suite.search("the cat").hits
        assert suite.parts.index.fingerprints() == made.encoders
        assert run(home, "models", "promote", *named, "--force", "x") == 0
        with pytest.raises(IndexVersion, match=r"text vectors of other@.*this one: another"):
            suite.parts.index.upsert([made])


def test_on_a_server_s_index_what_changes_its_space_is_refused_before_anything_is_done(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUNDSIGHT_INDEX__BACKEND", "weaviate")
    judged = ("--from", str(home / "named.jsonl"))
    for words in (
        *(("train", kind, *judged) for kind in KINDS if kind != "encoder"),
        ("models", "promote", "minilm", *judged),
    ):
        assert run(home, *words) == 2
        assert "index.backend = weaviate" in capsys.readouterr().err


def test_a_retrain_is_proposed_where_the_documents_have_moved_on(tmp_path: Path) -> None:
    settings = load_settings(tmp_path)
    with closing(open_index(settings)) as index:
        put(index, "old", texts(GARDEN, 100, 0))
        card = Card.model_validate({**FUSER, "id": "gated-1"})
        save_version(tmp_path, card, {DOCUMENTS: known_documents(tmp_path, index)})
        put(index, "new", texts(GARDEN, 30, 1))
        assert proposal(settings, card, index) == ""
        put(index, "new", texts(COURT, 30, 1))
        assert "groundsight train fuser --form gated --from j.jsonl" in proposal(settings, card, index)


def test_a_policy_that_lists_models_has_to_list_the_version(tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text('models = ["minilm", "trained:gated-2*"]')
    settings = Settings(home=tmp_path)
    for name in ("gated-1", "gated-2f"):
        card = Card.model_validate({**FUSER, "id": name, "verdict": "better"})
        save_version(tmp_path, card, {})
    with pytest.raises(PolicyRefused, match=r"does not allow trained:gated-1"):
        promoted(settings, local_principal(settings), card_named(tmp_path, "gated-1"), "", Watch())
    assert promoted(settings, local_principal(settings), card_named(tmp_path, "gated-2"), "", Watch()).id == "gated-2f"
