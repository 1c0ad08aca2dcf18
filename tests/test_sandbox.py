"""Hostile code in a child is contained, ended, and leaves no process behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from groundsight.errors import (
    Cancelled,
    Disabled,
    GroundsightError,
    Internal,
    LimitExceeded,
    OutOfResources,
    ParseFailed,
    TimedOut,
)
from groundsight.ingestion.frozen import anonymous_file, freeze
from groundsight.ingestion.landlock import version
from groundsight.ingestion.outcome import Confines
from groundsight.ingestion.sandbox import Sandbox
from groundsight.tracing import Watch

LINUX = sys.platform == "linux"
CHECKOUT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as cell:
        yield cell


def run(
    sandbox: Sandbox,
    job: str,
    body: str = "",
    confines: Confines | None = None,
    watch: Watch | None = None,
    scratch: str = "",
) -> str:
    with anonymous_file() as document:
        document.write(b"content")
        document.flush()
        return sandbox.run(
            f"tests.hostile_jobs:{job}",
            body,
            document=document.fileno(),
            confines=confines or Confines(seconds=20),
            watch=watch or Watch(),
            which="a.pdf",
            scratch=scratch,
        )


def descendants(of: int) -> list[int]:
    """List all living processes below one, through /proc."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(stat.parent.name)] = int(fields[1])
    found, waiting = [], [of]
    while waiting:
        current = waiting.pop()
        below = [pid for pid, parent in parents.items() if parent == current]
        found += below
        waiting += below
    return found


def settle(known: set[int]) -> set[int]:
    """Return the processes that outlive their job; one that is on its way out may take a moment to be gone."""
    left = set(descendants(os.getpid())) - known
    for _ in range(100):
        if not left:
            break
        threading.Event().wait(0.01)
        left = set(descendants(os.getpid())) - known
    return left


def test_a_job_reads_its_document_and_answers(sandbox: Sandbox) -> None:
    assert run(sandbox, "echo", "said") == "said:content"


def test_many_threads_share_one_sandbox(sandbox: Sandbox) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: run(sandbox, "echo", str(number)), range(12)))
    assert answers == [f"{number}:content" for number in range(12)]


def test_ten_gigabytes_of_memory_end_the_child(sandbox: Sandbox) -> None:
    with pytest.raises(OutOfResources) as caught:
        run(sandbox, "take_memory")
    assert caught.value.error_code == "E_RESOURCE"
    assert caught.value.which == "a.pdf"


def test_endless_work_ends_at_the_cpu_limit(sandbox: Sandbox) -> None:
    with pytest.raises(OutOfResources):
        run(sandbox, "spin", confines=Confines(seconds=20, cpu_seconds=1))


def test_the_wall_limit_names_its_stage(sandbox: Sandbox) -> None:
    with pytest.raises(TimedOut) as caught:
        run(sandbox, "spin", confines=Confines(seconds=0.3))
    assert caught.value.error_code == "E_TIMEOUT"
    assert caught.value.what.startswith("parse")
    assert caught.value.limit == "0.3 s"


@pytest.mark.skipif(not LINUX, reason="reads /proc")
@pytest.mark.parametrize("job", ["sleep_with_children", "spin"])
def test_no_process_is_left_after_the_wall_limit(job: str) -> None:
    outside = set(descendants(os.getpid()))
    with Sandbox() as cell:
        run(cell, "echo")
        before = set(descendants(os.getpid()))
        with pytest.raises(TimedOut):
            run(cell, job, confines=Confines(seconds=0.5))
        assert settle(before) == set()
    assert settle(outside) == set()


@pytest.mark.skipif(not version(), reason="this kernel has no Landlock")
def test_one_file_leaves_nothing_to_the_next_in_a_cell_that_is_kept(tmp_path: Path) -> None:
    with Sandbox() as cell:
        told = []
        for number in range(3):
            (tmp_path / str(number)).mkdir()
            told.append(run(cell, "plant", scratch=str(tmp_path / str(number))))
        assert told == ["", "", ""]
        assert len(cell._waiting) == 1


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_files_are_read_in_one_cell_one_after_the_other(sandbox: Sandbox) -> None:
    run(sandbox, "echo")
    before = set(descendants(os.getpid()))
    for _ in range(3):
        run(sandbox, "echo")
    assert settle(before) == set()
    assert before == set(descendants(os.getpid()))


@pytest.mark.skipif(not LINUX, reason="reads /proc")
def test_children_that_a_job_leaves_behind_end_with_it(sandbox: Sandbox) -> None:
    run(sandbox, "echo")
    before = set(descendants(os.getpid()))
    assert run(sandbox, "leave_children") == "answered"
    assert settle(before) == set()


def test_cancelling_ends_the_child(sandbox: Sandbox) -> None:
    watch = Watch()
    timer = threading.Timer(0.2, watch.cancel)
    timer.start()
    with pytest.raises(Cancelled):
        run(sandbox, "sleep_with_children", watch=watch)
    timer.join()


def test_a_child_reaches_no_network(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = run(sandbox, "connect", str(server.getsockname()[1]))
    if "net" not in sandbox.isolation:
        pytest.skip("this kernel lets this user make no network namespace")
    assert answer.startswith("refused")


@pytest.mark.skipif(not version(), reason="this kernel has no Landlock")
def test_a_child_opens_only_its_document_and_writes_only_into_its_scratch_folder(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    scratch, secret = tmp_path / "scratch", tmp_path / "secret.txt"
    scratch.mkdir()
    secret.write_text("a secret")
    (scratch / "link").symlink_to(secret)
    assert run(sandbox, "echo", "said") == "said:content"
    assert "files" in sandbox.isolation
    for path in (secret, scratch / "link", Path("/etc/passwd"), Path(f"/proc/{os.getpid()}/environ")):
        assert run(sandbox, "open_file", str(path), scratch=str(scratch)).startswith("refused")
    assert run(sandbox, "write_file", str(tmp_path / "new.txt"), scratch=str(scratch)).startswith("refused")
    assert run(sandbox, "write_file", str(scratch / "picture.png"), scratch=str(scratch)) == "written"
    assert (scratch / "picture.png").read_text() == "written"


def test_a_child_writes_no_large_file(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(OutOfResources):
        run(sandbox, "write_80_mb", str(tmp_path / "large"), scratch=str(tmp_path))
    assert (tmp_path / "large").stat().st_size <= 64 << 20


def test_a_child_opens_few_files(sandbox: Sandbox) -> None:
    with pytest.raises(OutOfResources, match="more open files"):
        run(sandbox, "open_many")


def test_a_fault_of_the_machine_is_not_blamed_on_the_file(sandbox: Sandbox, tmp_path: Path) -> None:
    expected = {
        "import_absent": (Disabled, "a library of the reader is missing or broken (no_such_library)"),
        "import_faulty": (Internal, "not the file: RuntimeError in faulty_library (a.pdf)"),
        "fill_the_disk": (OutOfResources, "the folder for temporary files is full (a.pdf)"),
    }
    if version():
        expected["open_forbidden"] = (Internal, "not the file: PermissionError in pathlib (a.pdf). Limit: EACCES.")
    for job, (kind, told) in expected.items():
        with pytest.raises(GroundsightError) as caught:
            run(sandbox, job, str(tmp_path), scratch=str(tmp_path))
        assert type(caught.value) is kind
        assert told in str(caught.value)
        assert "a line of the document" not in str(caught.value)


def test_a_library_may_keep_a_cache_at_home(sandbox: Sandbox, tmp_path: Path) -> None:
    assert run(sandbox, "write_at_home", scratch=str(tmp_path)) == str(tmp_path / ".cache")


def test_an_error_of_the_house_crosses_unchanged(sandbox: Sandbox) -> None:
    with pytest.raises(LimitExceeded) as caught:
        run(sandbox, "break_a_limit")
    error = caught.value
    assert (error.error_code, error.what, error.which, error.limit) == ("E_LIMIT_PAGES", "too much", "a.pdf", "3")


def test_a_crash_does_not_quote_the_document(sandbox: Sandbox) -> None:
    with pytest.raises(ParseFailed) as caught:
        run(sandbox, "crash")
    assert "KeyError" in str(caught.value)
    assert "a line of the document" not in str(caught.value)


def test_a_segmentation_fault_is_a_parse_failure(sandbox: Sandbox) -> None:
    with pytest.raises(ParseFailed):
        run(sandbox, "crash_hard")
    assert run(sandbox, "echo", "alive") == "alive:content"


def test_a_flood_of_text_is_cut_off(sandbox: Sandbox) -> None:
    with pytest.raises(LimitExceeded) as caught:
        run(sandbox, "flood")
    assert caught.value.error_code == "E_LIMIT_TEXT"


def test_a_child_sees_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROUNDSIGHT_AGENT__LLM_API_KEY", "hunter2")
    with Sandbox() as cell:
        names = run(cell, "show_environment").split()
    assert "DO_NOT_TRACK" in names
    assert not [name for name in names if name.startswith("GROUNDSIGHT")]


def test_a_dead_warden_is_replaced() -> None:
    with Sandbox() as cell:
        run(cell, "echo")
        warden = cell._warden
        assert warden is not None
        warden.kill()
        warden.wait()
        assert run(cell, "echo", "again") == "again:content"


def test_an_error_in_the_house_never_escapes_as_another_class(sandbox: Sandbox) -> None:
    for job in ("crash", "break_a_limit", "open_many"):
        with pytest.raises(GroundsightError):
            run(sandbox, job)


def test_a_frozen_copy_stops_at_the_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 1000)
    with (tmp_path / "a").open("rb") as file, pytest.raises(LimitExceeded) as caught:
        freeze(file.fileno(), "a", 999)
    assert caught.value.error_code == "E_LIMIT_BYTES"


PROGRAM = """
print("main module runs once")
from tests.test_sandbox import Sandbox, run
with Sandbox() as cell:
    assert run(cell, "speak") == "spoke"
"""


@pytest.mark.parametrize("way", ["-c", "file"])
def test_stdout_stays_pure_and_the_main_module_runs_once(way: str, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(PROGRAM)
    arguments = ["-c", PROGRAM] if way == "-c" else [str(tmp_path / "main.py")]
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, check=False
    )
    assert done.stdout.decode() == "main module runs once\n"
    assert done.stderr.decode() == ""


@pytest.mark.skipif(not LINUX or os.geteuid() != 0, reason="needs root to become another user")
def test_it_works_without_root(tmp_path: Path) -> None:
    nobody = "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    probe = [
        sys.executable,
        "-c",
        nobody + "import subprocess, sys; subprocess.run([sys.executable, '-V'], check=True)",
    ]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("this Python may not be read by other users")
    code = nobody + (
        "from tests.test_sandbox import *\n"
        "with Sandbox() as cell:\n"
        "    assert run(cell, 'echo', 'said') == 'said:content'\n"
        "    before = set(descendants(os.getpid()))\n"
        "    try:\n        run(cell, 'sleep_with_children', confines=Confines(seconds=0.5))\n"
        "    except TimedOut:\n        assert set(descendants(os.getpid())) <= before\n"
        "        print('ended', end='')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, check=False
    )
    assert (done.stdout, done.stderr[-300:]) == (b"ended", b"")


@pytest.mark.skipif(not LINUX, reason="counts descriptors through /proc")
def test_a_cell_holds_no_more_descriptors_after_many_jobs_than_after_one() -> None:
    def held() -> int:
        return sum(len(os.listdir(f"/proc/{one}/fd")) for one in descendants(os.getpid()))

    with Sandbox() as cell:
        run(cell, "echo", "said")
        before = held()
        for _ in range(10):
            run(cell, "echo", "said")
        assert held() == before
