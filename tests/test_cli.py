"""The command line: help, exit codes, JSON, and what people see."""

from __future__ import annotations

import ast
import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundsight import __version__
from groundsight.cli import build_parser, main
from groundsight.doors.cli_options import COMMANDS
from groundsight.doors.cli_show import coloured, say, say_json
from groundsight.errors import Cancelled, ConfigError, IndexCorrupt, IndexVersion, ModelFailed
from groundsight.governance.roots import Roots
from groundsight.suite import open_suite
from groundsight.types import Query, SearchResult, Tier
from tests.doors import CANARY, ScriptedSuite, some_rows
from tests.test_server_stdio import ROOT, environment
from tests.test_shape import sources, tree_of

CLI = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CLI:
    """Run a command in process on a scripted suite; returns exit code, stdout and stderr."""

    def run(*arguments: str, **verbs: Any) -> tuple[int, str, str]:
        def opened(settings: Any) -> ScriptedSuite:
            roots = Roots.load(settings)
            return ScriptedSuite(settings, *some_rows(), roots=roots, **verbs)

        monkeypatch.setattr("groundsight.suite.open_suite", opened)
        capsys.readouterr()
        code = main([*arguments, "--home", str(tmp_path / "home")])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)], ids=lambda words: words[0] if words else "-")
def test_help_shows_an_example(command: list[str]) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "groundsight.cli", *command, "--help"],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0
    assert "groundsight" in ended.stdout
    assert "example" in ended.stdout or not command


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 0
    assert "ingest" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "usage", "said"),
    [
        (["serch", "x"], "groundsight search", "did you mean 'search'?"),
        (["xyzzy"], "groundsight", "is none of ingest, "),
        (["--hom", "x", "search", "y"], "groundsight", "options stand behind the command"),
        (["search", "x", "--kind", "tabel"], "groundsight search", "did you mean 'table'?"),
        (["search", "x", "--hom", "y"], "groundsight search", "did you mean --home?"),
        (["search", "x", "--lim=3"], "groundsight search", "did you mean --limit?"),
        (["ask", "x", "--base_url", "y"], "groundsight ask", "did you mean --base-url?"),
        (["verify", "--answr", "x"], "groundsight verify", "did you mean --answer?"),
        (["serve", "--allow-wrte"], "groundsight serve", "did you mean --allow-write?"),
        (["search", "--zzz"], "groundsight search", "behind --"),
        (["search", "two", "words"], "groundsight search", "in quotes"),
        (["eval", "--sed", "x"], "groundsight eval", "did you mean --seed?"),
        (["view", "--port", "99999"], "groundsight view", "'99999' is no port: give a number from 0 to 65535"),
        (["serve", "--port", "x"], "groundsight serve", "'x' is no port: give a number from 0 to 65535"),
        (["search", "x", "--to", "May"], "groundsight search", "argument --to: 'May' is no date: write it as"),
        (["list", "--from", "May"], "groundsight list", "argument --from: 'May' is no date: write it as YYYY-MM-DD"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_the_nearest_name_and_the_usage_of_the_command(
    arguments: list[str], usage: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    shown = capsys.readouterr().err
    assert caught.value.code == 2
    assert shown.startswith(f"usage: {usage} [-h]")
    assert said in shown


def test_no_parser_of_the_house_takes_abbreviations() -> None:
    bare = [
        str(path.relative_to(ROOT))
        for path in sources()
        if any(isinstance(node, ast.Attribute) and node.attr == "ArgumentParser" for node in made(tree_of(path)))
    ]
    assert bare == []


def made(tree: ast.Module) -> list[ast.expr]:
    """What the module calls."""
    return [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]


def test_words_that_begin_with_a_dash_stand_behind_two_and_numbers_need_none(cli: CLI) -> None:
    assert cli("search", "-4")[0] == 0
    assert cli("search", "-4 degrees")[0] == 0
    assert build_parser().parse_args(["search", "--limit", "3", "--", "--home"]).query == "--home"


@pytest.mark.parametrize(
    "command", ["search x", "search x --json", "doctor", "doctor --json", "status", "snapshot out", "eval", "--help"]
)
def test_output_that_nobody_reads_ends_the_command_quietly(command: str, tmp_path: Path) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    home = [] if command in ("eval", "--help") else ["--home", str(tmp_path / "home")]
    program = EVAL_AND_MAIN if command == "eval" else "import sys; from groundsight.cli import main; sys.exit(main())"
    ended = subprocess.run(
        [sys.executable, "-c", program, *command.split(), *home],
        cwd=tmp_path,
        env=environment(),
        stdout=theirs,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    assert ended.stderr == b""
    assert ended.returncode == 141 or command == "--help"


EVAL_AND_MAIN = """
import sys
from groundsight import cli
from groundsight.evals import run
run.main = lambda _: print("a report", flush=True)
sys.exit(cli.main())
"""


def test_python_takes_paths_as_text(tmp_path: Path) -> None:
    folder, home = tmp_path / "docs", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    (folder / "a.txt").write_text("The notice period is 90 days.")
    (home / "groundsight.toml").write_text(f'roots = ["{folder}"]\n[models]\ntext = "none"\nvisual = "none"\n')
    with open_suite(home=str(home)) as suite:
        assert suite.ingest(str(folder)).added == 1
        assert suite.ingest([str(folder)]).unchanged == 1
        assert suite.ingest(folder / "a.txt").unchanged == 1
        assert len(suite.search("notice period").hits) == 1
    assert Query.model_validate({"picture": Path("a.png")}).picture == "a.png"
    with pytest.raises(ConfigError, match="home="):
        open_suite("home")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="'hom'"):
        open_suite(hom="x")  # type: ignore[call-arg]


def test_search_prints_what_each_channel_added(cli: CLI) -> None:
    code, out, _ = cli("search", "notice", "--explain", "--json")
    result = json.loads(out)
    assert code == 0
    assert [each["contribution"] for each in result["hits"][0]["channels"]] == [1.0]
    assert set(result) >= {"query", "hits", "tier", "degraded", "receipt", "truncated"}
    _, out, _ = cli("search", "notice", "--explain")
    assert "1.0000 = bm25_text 1.0000" in out
    assert "bm25_text" not in cli("search", "notice")[1]
    assert "degraded: caption" in out


def test_search_options_reach_the_engine(cli: CLI, tmp_path: Path) -> None:
    seen: list[Query] = []

    def search(_: ScriptedSuite, query: Query) -> SearchResult:
        seen.append(query)
        return SearchResult(query=query.text, hits=(), tier=Tier())

    picture = tmp_path / "cat.png"
    picture.write_bytes(b"x")
    options = ["--limit", "3", "--hops", "2", "--fusion", "weighted", "--kind", "table", "--kind", "text"]
    dates = ["--source", "docs/", "--from", "2020-01-01", "--to", "2021-01-01", "--picture", str(picture)]
    code, _, err = cli("search", "x", *options, *dates, search=search)
    assert code == 0, err
    (query,) = seen
    assert (query.limit, query.hops, query.fusion, query.picture) == (3, 2, "weighted", "./cat.png")
    assert [(each.field, each.value) for each in query.where.conditions] == [
        ("kind", ("table", "text")),
        ("source", "docs/"),
        ("created", "2020-01-01"),
        ("created", "2021-01-01"),
    ]


def test_ask_prints_everything_needed_to_check_it(cli: CLI) -> None:
    code, out, _ = cli("ask", "How long?", "--json")
    wanted = {"status", "text", "grounding_ratio", "verdicts", "citations", "tier", "degraded", "receipt"}
    assert code == 0
    assert set(json.loads(out)) >= wanted
    _, out, _ = cli("ask", "How long?")
    for words in ("90 days", "docs/contract.pdf, page 1", "supported 0.97", "Grounding ratio 1.00", "Tier: embedded"):
        assert words in out


def test_ask_takes_a_language_model(cli: CLI) -> None:
    seen: list[Any] = []
    cli("ask", "why?", "--llm", "openai:m", "--base-url", "http://127.0.0.1:1/v1", ask=lambda s, _: seen.append(s))
    agent = seen[0].settings.agent
    assert (agent.llm, agent.llm_base_url) == ("openai:m", "http://127.0.0.1:1/v1")


def test_an_answer_is_verified_against_files(cli: CLI, tmp_path: Path) -> None:
    answer, good, bad = tmp_path / "answer.txt", tmp_path / "good.txt", tmp_path / "bad.md"
    answer.write_text("It rains.")
    good.write_text("It rains. It pours.")
    bad.write_text("It snows.")
    code, out, _ = cli("verify", "--answer", str(answer), "--evidence", str(good), "--json")
    result = json.loads(out)
    assert (code, result["verdict"], result["grounding_ratio"], len(result["claims"])) == (0, "pass", 1.0, 1)
    code, out, _ = cli("verify", "--answer", str(answer), "--evidence", str(bad))
    assert code == 1
    assert "contradicted 0.90: It rains. (30 days here, 90 days there)" in out


def test_a_missing_answer_or_evidence_file_is_said(cli: CLI, tmp_path: Path) -> None:
    answer = tmp_path / "answer.txt"
    answer.write_text("It rains.")
    assert cli("verify", "--answer", str(tmp_path / "no"))[0] == 1
    code, out, err = cli("verify", "--answer", str(answer), "--evidence", str(tmp_path / "no.txt"), "--json")
    assert code == 1
    assert json.loads(out)["error"]["code"] == "E_NOT_FOUND"
    assert "--evidence" in err


def test_a_folder_with_unread_files_is_ingested_and_strict_says_that_one_was_left(cli: CLI, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "b.pdf").write_text("b")
    code, out, _ = cli("ingest", str(folder), "--json")
    assert code == 0
    assert json.loads(out)["files"][0]["status"] == "failed"
    assert json.loads(cli("status", "--json")[1])["roots"] == ["docs"]
    assert cli("ingest", str(folder), "--strict")[0] == 1
    assert cli("ingest", str(folder / "b.pdf"))[0] == 1
    assert cli("ingest", str(tmp_path / "nothing"))[0] == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (IndexCorrupt("damaged"), 3),
        (IndexVersion("another encoder"), 3),
        (Cancelled("stopped"), 130),
        (ModelFailed("no answer"), 1),
        (RuntimeError(CANARY), 1),
    ],
)
def test_each_failure_has_its_exit_code_and_no_traceback(cli: CLI, error: Exception, code: int) -> None:
    def fail(*_: object) -> None:
        raise error

    ended, out, err = cli("ask", "why?", "--json", ask=fail)
    assert ended == code
    assert json.loads(out)["error"]["code"].startswith("E_")
    assert "Traceback" not in out + err
    assert CANARY not in out + err


def test_wrong_settings_are_exit_code_2(cli: CLI, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text("[serch]\nlimit = 1\n")
    assert cli("status", "--config", str(tmp_path / "wrong.toml"))[0] == 2
    assert cli("status", "--config", str(tmp_path / "no.toml"))[0] == 2
    assert cli("search", "x", "--limit", "0")[0] == 2


def test_a_wrong_setting_is_told_where_it_stands(cli: CLI, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken.toml").write_text("[search\n")
    assert "the file is no TOML" in cli("status", "--config", str(tmp_path / "broken.toml"))[2]
    monkeypatch.setenv("GROUNDSIGHT_SEARCH__LIMITT", "3")
    told = cli("status")[2]
    assert "there is no setting search.limitt (a variable GROUNDSIGHT_" in told
    assert "groundsight.toml" not in told


def test_a_file_is_no_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "notes.txt").write_text("no folder")
    assert main(["status", "--home", str(tmp_path / "notes.txt")]) == 2
    assert "the home is a file, not a folder" in capsys.readouterr().err
    assert main(["status", "--home", str(tmp_path / "notes.txt" / "below")]) == 2
    assert "the home is a file, not a folder" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"groundsight {__version__}\n"


def test_a_port_that_is_taken_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["serve", "--http", "--port", port, "--home", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert f"server.port = {port}" in told
    assert "choose another with --port" in told


def test_the_first_interrupt_stops_at_the_next_step(cli: CLI) -> None:
    def ask(suite: ScriptedSuite, _: str) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        suite.watch.check()

    before = signal.getsignal(signal.SIGINT)
    code, _, err = cli("ask", "why?", ask=ask)
    assert code == 130
    assert "E_CANCELLED" in err
    assert signal.getsignal(signal.SIGINT) is before


def test_output_for_pipes_has_no_colours(cli: CLI, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in cli("ask", "How long?")[1]
    terminal = type("Terminal", (), {"isatty": lambda _: True})()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert coloured(terminal)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not coloured(terminal)


HOSTILE = "x\x1b[2J\x9b31m\u202ey"


@pytest.mark.parametrize("command", ["ingest", "restore", "snapshot"])
def test_a_hostile_name_is_told_without_what_a_terminal_obeys(cli: CLI, command: str, tmp_path: Path) -> None:
    (tmp_path / HOSTILE).mkdir()
    (tmp_path / HOSTILE / "full").write_text("")
    place = tmp_path / HOSTILE if command == "snapshot" else tmp_path / "none" / HOSTILE
    told = cli(command, str(place))[2]
    assert told.startswith("E_")
    assert not {"\x1b", "\x9b", "\u202e"} & set(told)


def test_an_option_that_is_unknown_is_named_without_what_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["search", f"--{HOSTILE}"])
    assert not {"\x1b", "\x9b", "\u202e"} & set(capsys.readouterr().err)


def test_lines_hold_the_colours_of_the_house_and_the_joiners_of_words(capsys: pytest.CaptureFixture[str]) -> None:
    say("\x1b[32m+\x1b[0m a\x1b[8mb\x1b]0;t\x07 می\u200cخواهم\tc\nd")
    assert capsys.readouterr().out == "\x1b[32m+\x1b[0m a[8mb]0;t می\u200cخواهم\tc\nd\n"


def test_json_says_all_and_escapes_what_a_terminal_obeys(capsys: pytest.CaptureFixture[str]) -> None:
    data = {"name": HOSTILE, "letters": "é✓\U000e0041\ud800"}
    say_json(data)
    shown = capsys.readouterr().out
    assert json.loads(shown) == data
    assert "é✓" in shown
    assert not {"\x1b", "\x9b", "\u202e", "\U000e0041"} & set(shown)


def test_json_loses_nothing_where_the_encoding_lacks_a_letter(cli: CLI, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", narrow)
    say_json({"text": "é"})
    narrow.seek(0)
    assert json.loads(narrow.read()) == {"text": "é"}


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["ingest docs", "chat"])
def test_a_stream_that_is_closed_leads_nowhere(command: str, closed: str, tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.txt").write_text("The gate is green.")
    line = f"{sys.executable} -m groundsight.cli {command} --home home {closed}"
    ended = subprocess.run(["bash", "-c", line], cwd=tmp_path, env=environment(), capture_output=True, input=b"")
    assert b"E_INTERNAL" not in ended.stdout + ended.stderr
    assert ended.returncode == 0


LONG = "a" * 300


@pytest.mark.parametrize(
    "words",
    [
        ("search", "--picture", LONG),
        ("ocr", LONG),
        ("verify", "--answer", __file__, "--evidence", LONG),
        ("status", "--config", LONG),
        ("ask", "why?", "--html", f"{LONG}.html"),
    ],
)
def test_a_name_that_the_system_refuses_is_no_bug(cli: CLI, words: tuple[str, ...]) -> None:
    code, _, told = cli(*words)
    assert code == 1
    assert LONG[:40] in told
    assert "E_INTERNAL" not in told


@pytest.mark.parametrize("command", ["chat", "verify --answer -"])
def test_what_comes_in_and_is_no_text_is_replaced(command: str, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "groundsight.cli", *command.split(), "--home", str(tmp_path)]
    strict = environment() | {"PYTHONIOENCODING": "utf-8:strict"}
    ended = subprocess.run(words, env=strict, capture_output=True, input=b"The gate is gr\xfcn.\n")
    assert b"E_INTERNAL" not in ended.stderr
    assert ended.stdout


def test_an_interrupt_before_the_work_begins_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("groundsight.cli.build_parser", interrupted)
    assert main(["status"]) == 130
