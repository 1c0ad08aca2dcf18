"""Page pictures are kept on request, shown when their file is gone, and go with their asset."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from groundsight.errors import NotFound
from groundsight.ingestion.kept import page_or_kept
from groundsight.settings import Ingestion, Models, load_settings
from groundsight.suite import Suite, open_suite
from groundsight.types import Box


def opened(tmp_path: Path, *, keep: bool) -> Suite:
    settings = load_settings(tmp_path / "home")
    light = Models(text="none", visual="none", ocr="none")
    changed = {"models": light, "ingestion": Ingestion(keep_page_pictures=keep, tags=False)}
    return open_suite(settings.model_copy(update=changed))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    Image.new("RGB", (80, 40), (200, 30, 30)).save(tmp_path / "files/red.png")
    return tmp_path / "files"


def test_a_kept_page_is_shown_after_its_file_is_gone(tmp_path: Path, folder: Path) -> None:
    with opened(tmp_path, keep=True) as suite:
        suite.ingest([folder])
        (asset,) = suite.parts.index.assets(everything(suite))
        (folder / "red.png").unlink()
        half = page_or_kept(suite.parts, asset, 1, Box(x0=0, y0=0, x1=0.5, y1=1), suite.watch)
        with Image.open(io.BytesIO(half)) as picture:
            assert picture.size == (40, 40)
        suite.ingest([folder], prune=True)
        with pytest.raises(NotFound):
            page_or_kept(suite.parts, asset, 1, None, suite.watch)


def test_without_the_setting_nothing_is_copied(tmp_path: Path, folder: Path) -> None:
    with opened(tmp_path, keep=False) as suite:
        suite.ingest([folder])
        assert not (tmp_path / "home/pages").exists()


def everything(suite: Suite) -> object:
    from groundsight.governance.access import tenant_of

    return tenant_of(suite.principal)
