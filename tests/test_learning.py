"""Learning from judged searches, through the command line: what helps is promoted, what does not is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from groundsight.cli import main
from groundsight.doors.learn.train import Training, train
from groundsight.errors import Cancelled, ModelFailed
from groundsight.governance.audit_chain import TRAIL
from groundsight.models.store import WEIGHTS, active, card_named, trained_cards, weights_of
from groundsight.settings import load_settings
from groundsight.suite import local_principal, open_suite
from groundsight.tracing import Watch
from groundsight.types import Query

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
    assert run(home, "models", "promote", name) == 0
    assert first().endswith("/heron.txt")
    assert run(home, "search", "report heron", "--explain") == 0
    assert "(gate 0." in capsys.readouterr().out
    assert run(home, "models", "rollback", "fuser") == 0
    assert "log-" in first()
    assert run(home, "train", "fuser", "--from", str(home / "seen.jsonl")) == 1
    useless = trained_cards(home)[-1].id
    assert run(home, "models", "promote", useless) == 1
    assert "not better than rrf" in capsys.readouterr().err
    assert getattr(active(home, "fuser"), "id", None) == ""
    assert run(home, "models", "promote", useless, "--force", "to look at it") == 0
    assert "forced: to look at it" in capsys.readouterr().out
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


def test_a_seed_gives_its_bytes_and_a_killed_training_goes_on_to_the_same(home: Path) -> None:
    whole = learnt(home)
    wanted = (home / "models" / "fuser" / whole / WEIGHTS).read_bytes()
    assert learnt(home, seed=1, share=0.39) != whole

    def killed(done: float, _: float | None, message: str) -> None:
        if message == "round 10":
            raise KeyboardInterrupt

    before = trained_cards(home)
    for file in (home / "models" / "fuser" / whole).iterdir():
        file.unlink()
    (home / "models" / "fuser" / whole).rmdir()
    with pytest.raises(KeyboardInterrupt):
        learnt(home, watch=Watch(killed))
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


GOOD = {"query": "report heron", "relevant": ["/heron.txt"]}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "not JSON"),
        ({"query": "report ruff", "relevant": ["nowhere.txt"]}, "not in the corpus"),
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
