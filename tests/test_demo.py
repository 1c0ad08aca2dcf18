"""The demo, as a newcomer sees it, and the three doors side by side over its files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

from groundsight.encoders.minilm import MiniLm
from groundsight.evals.demo.__main__ import FILES, QUESTIONS, home_of
from groundsight.graphs.answer import answer_question
from groundsight.suite import Suite, open_suite
from groundsight.tools.search import search

ROOT = Path(__file__).resolve().parent.parent
TRANSCRIPT = re.compile(r"^```text transcript\n(.*?)^```$", re.M | re.S)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def shown(home: Path) -> str:
    """What ``make demo`` prints."""
    command = [sys.executable, "-m", "groundsight.evals.demo", "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment(), timeout=240)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def suite(shown: str, home: Path) -> Iterator[Suite]:
    assert shown
    with open_suite(home=home) as opened:
        yield opened


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def test_the_demo_answers_over_two_files_reads_a_picture_and_abstains(shown: str) -> None:
    two_hops, picture, unanswerable = shown.split("\nQ: ")[1:]
    assert "Petra Dahl" in two_hops
    assert {"fleet-register.html", "purchase-orders-2025.xlsx"} <= set(re.findall(r"[\w-]+\.(?:html|xlsx)", two_hops))
    assert "2,325" in picture
    assert "harbour-fees-july.tiff" in picture
    assert "status: evidence" in unanswerable


def test_every_answer_of_the_demo_shows_verdicts_ratio_tier_and_what_is_missing(shown: str) -> None:
    for answer in shown.split("\nQ: ")[1:3]:
        assert "+ supported:" in answer
        assert "grounding ratio: 1.00; tier: embedded" in answer
        assert "degraded: visual, caption" in answer


def test_the_transcript_of_the_readme_is_what_the_demo_prints(shown: str) -> None:
    match = TRANSCRIPT.search((ROOT / "README.md").read_text("utf-8"))
    assert match
    printed = {line.strip() for line in shown.splitlines()}
    assert [line for line in match[1].splitlines() if line.strip() and line.strip() not in printed] == []


def test_the_demo_files_are_what_their_story_writes(tmp_path: Path) -> None:
    pytest.importorskip("reportlab")
    from groundsight.evals.demo.make.__main__ import main

    before = dict(os.environ)
    main(tmp_path)
    assert dict(os.environ) == before
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    shipped = {path.relative_to(FILES): path.read_bytes() for path in FILES.rglob("*") if path.is_file()}
    assert set(written) == set(shipped)
    # Pillow's and the fonts' versions may change a picture's bytes; the words may not change.
    plain = {".md", ".txt", ".csv", ".html", ".eml"}
    assert {n: d for n, d in written.items() if n.suffix in plain} == {
        n: d for n, d in shipped.items() if n.suffix in plain
    }


def test_a_folder_of_ones_own_is_not_mixed_with_the_demo(tmp_path: Path) -> None:
    homes = [home_of(folder) for folder in (FILES, tmp_path / "letters", tmp_path / "old" / "letters")]
    assert homes[0] == Path(f".groundsight/demo-{MiniLm.fingerprint[-8:]}")
    assert len(set(homes)) == 3


@pytest.mark.parametrize("question", QUESTIONS)
def test_command_line_server_and_graph_give_the_same_verdicts(question: str, suite: Suite, home: Path) -> None:
    graph = answer_question(suite, question)
    line, server = by_command_line(question, home), anyio.run(by_server, question, home)
    verdicts = [(verdict.claim.text, verdict.label) for verdict in graph.verdicts]
    for door in (line, server):
        assert [(each["text"], each["verdict"]) for each in door["verdicts"]] == verdicts
        assert (door["status"], door["text"], door["grounding_ratio"]) == (
            graph.status,
            graph.text,
            graph.grounding_ratio,
        )


def by_command_line(question: str, home: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "groundsight.cli", "ask", question, "--json", "--home", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment(), timeout=120)
    return json.loads(done.stdout)


async def by_server(question: str, home: Path) -> dict[str, Any]:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "groundsight.server", "--home", str(home)], env=environment()
    )
    async with Client(server) as client:
        result = await client.call_tool("ask", {"question": question, "seconds": 600})
        return result.structured_content or {}


def test_the_search_of_the_readme_finds_the_invoice_first_and_nonsense_finds_nothing(suite: Suite) -> None:
    found = search(suite, "purchase order INV-2041", limit=3, explain=True)
    assert found.hits[0].source.endswith("invoices/scan-0519.png")
    assert sum(part.contribution for part in found.hits[0].channels or ()) == pytest.approx(
        found.hits[0].score, abs=1e-4
    )
    nothing = search(suite, "qwxz vlorb grint")
    assert nothing.hits == ()
    assert "Nothing found: nothing is near to the query" in nothing.as_text()
    assert "No passage holds INV-9999." in search(suite, "turbocharger INV-9999").as_text()
