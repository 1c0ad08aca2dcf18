"""One sandbox for all that a suite reads: begun once, ended with the parts."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path

from PIL import Image

from groundsight.ingestion.sandbox import _PRELOAD
from groundsight.parts import Parts
from groundsight.settings import Settings
from groundsight.suite import Suite, local_principal
from groundsight.tracing import Watch


def parts_of(tmp_path: Path) -> Parts:
    settings = Settings(home=tmp_path / "home")
    return Parts(settings.model_copy(update={"models": settings.models.model_copy(update=OFF)}))


OFF = {"text": "none", "visual": "none", "ocr": "none"}


def picture(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    Image.new("RGB", (40, 30), "red").save(folder / "red.png")
    (folder / "a.txt").write_text("The pump weighs 4 kg.")
    return folder


def warden_of(parts: Parts) -> int:
    warden = parts.sandbox._warden
    assert warden is not None
    return warden.pid


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_reading_files_and_showing_pictures_share_one_process(tmp_path: Path) -> None:
    folder, parts = picture(tmp_path), parts_of(tmp_path)
    principal = local_principal(parts.settings)
    assert Suite(parts, principal).ingest([folder]).added == 2
    pid = warden_of(parts)
    for _ in range(2):
        assert parts.load_picture("files/red.png", local_principal(parts.settings), Watch()).size == (40, 30)
    assert warden_of(parts) == pid
    parts.close()
    assert not is_running(pid)


def test_closed_parts_begin_another_process_when_used_again(tmp_path: Path) -> None:
    folder, parts = picture(tmp_path), parts_of(tmp_path)
    Suite(parts, local_principal(parts.settings)).ingest([folder])
    parts.close()
    assert parts.load_picture("files/red.png", local_principal(parts.settings), Watch()).size == (40, 30)
    parts.close()


def test_parts_that_are_dropped_leave_no_process(tmp_path: Path) -> None:
    folder, parts = picture(tmp_path), parts_of(tmp_path)
    Suite(parts, local_principal(parts.settings)).ingest([folder])
    pid = warden_of(parts)
    del parts
    gc.collect()
    assert not is_running(pid)


def test_children_hold_neither_the_settings_nor_what_only_pdf_needs() -> None:
    code = f"import importlib, sys; [importlib.import_module(name) for name in {_PRELOAD!r}]; print(*sys.modules)"
    held = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"pydantic_settings", "asyncio", "groundsight.ingestion.readers.pdf.pdf_file"}.isdisjoint(held)
