"""Picture files are turned upright, put on white, freed of metadata, and shown on demand."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from groundsight.errors import InvalidArgument, UnsupportedType
from groundsight.ingestion import Parsed
from groundsight.ingestion.frozen import frozen_by_name
from groundsight.ingestion.partition import partition
from groundsight.ingestion.pictures import load_picture, page_picture
from groundsight.ingestion.sandbox import Sandbox
from groundsight.limits import MIB
from groundsight.settings import Limits, Settings
from groundsight.tracing import Watch
from groundsight.types import Box


@pytest.fixture(scope="module")
def sandbox() -> object:
    with Sandbox() as cell:
        yield cell


def read(path: Path, sandbox: Sandbox, **limits: int) -> Parsed:
    with frozen_by_name(path, MIB) as document:
        chosen = Settings(limits=Limits.model_validate(limits))
        return partition(document, chosen, path.parent, Watch(), sandbox)


def shown(path: Path, page: int, sandbox: Sandbox, settings: Settings | None = None, box: Box | None = None) -> bytes:
    with frozen_by_name(path, MIB) as document:
        return page_picture(document, page, settings or Settings(), Watch(), box, sandbox)


def loaded(path: Path, sandbox: Sandbox) -> Image.Image:
    with frozen_by_name(path, MIB) as document:
        return load_picture(document, Settings(), Watch(), sandbox)


def opened(parsed: Parsed, folder: Path, number: int = 0) -> Image.Image:
    with Image.open(folder / str(parsed.elements[number].picture)) as image:
        return image.copy()


def two_colours() -> Image.Image:
    image = Image.new("RGB", (40, 20), "red")
    image.paste((0, 0, 255), (20, 0, 40, 20))
    return image


def test_the_cameras_rotation_is_honoured_and_its_day_kept(tmp_path: Path, sandbox: Sandbox) -> None:
    about = Image.Exif()
    about[0x0112], about[306], about[0x010F] = 6, "2023:04:05 10:11:12", "secret camera"
    two_colours().save(tmp_path / "a.jpg", exif=about, quality=95)
    parsed = read(tmp_path / "a.jpg", sandbox)
    assert parsed.created == date(2023, 4, 5)
    image = opened(parsed, tmp_path)
    assert image.size == (20, 40)
    assert image.getpixel((10, 2))[0] > 200
    assert b"secret camera" not in (tmp_path / str(parsed.elements[0].picture)).read_bytes()
    assert not image.info


def test_transparency_is_put_on_white_and_what_is_drawn_in_white_on_black(tmp_path: Path, sandbox: Sandbox) -> None:
    for ink, paper in (((255, 0, 0), 255), ((255, 255, 255), 0)):
        drawn = Image.new("RGBA", (30, 30), (*ink, 0))
        drawn.paste((*ink, 255), (20, 20, 30, 30))
        drawn.save(tmp_path / "a.png")
        assert opened(read(tmp_path / "a.png", sandbox), tmp_path).getpixel((5, 5)) == (paper, paper, paper)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16"])
def test_every_mode_becomes_rgb(tmp_path: Path, sandbox: Sandbox, mode: str) -> None:
    name = "a.tiff" if mode == "CMYK" else "a.png"
    two_colours().convert("L" if mode == "I;16" else mode).convert("I;16" if mode == "I;16" else mode).save(
        tmp_path / name
    )
    assert opened(read(tmp_path / name, sandbox), tmp_path).mode == "RGB"


@pytest.mark.parametrize("suffix", ["webp", "bmp", "gif", "tiff", "png", "jpg"])
def test_every_supported_format_is_read(tmp_path: Path, sandbox: Sandbox, suffix: str) -> None:
    two_colours().save(tmp_path / f"a.{suffix}")
    parsed = read(tmp_path / f"a.{suffix}", sandbox)
    assert [(element.kind, element.page) for element in parsed.elements] == [("picture", 1)]


def test_the_first_frames_are_read_and_more_are_named(tmp_path: Path, sandbox: Sandbox) -> None:
    frames = [Image.new("RGB", (20, 20), (number * 20, 0, 0)) for number in range(6)]
    frames[0].save(tmp_path / "a.tiff", save_all=True, append_images=frames[1:])
    parsed = read(tmp_path / "a.tiff", sandbox, picture_frames=4)
    assert [element.page for element in parsed.elements] == [1, 2, 3, 4]
    assert "first 4 frames" in str(parsed.left_out[0])
    assert opened(parsed, tmp_path, 3).getpixel((1, 1)) == (60, 0, 0)


def make_pdf(path: Path) -> Path:
    canvas = Canvas(str(path), pagesize=(300, 200))
    canvas.setFillColorRGB(1, 0, 0)
    canvas.rect(0, 100, 150, 100, fill=1, stroke=0)
    canvas.save()
    return path


def test_a_page_is_rendered_and_cropped_on_demand(tmp_path: Path, sandbox: Sandbox) -> None:
    path = make_pdf(tmp_path / "a.pdf")
    whole = Image.open(io.BytesIO(shown(path, 1, sandbox)))
    assert whole.size == (625, 417)
    box = Box(x0=0, y0=0, x1=0.5, y1=0.5)
    corner = Image.open(io.BytesIO(shown(path, 1, sandbox, box=box)))
    assert abs(corner.width - 312) <= 2
    assert corner.getpixel((5, 5)) == (255, 0, 0)
    assert whole.getpixel((620, 410)) == (255, 255, 255)


def test_large_pages_are_rendered_with_fewer_dots(tmp_path: Path, sandbox: Sandbox) -> None:
    settings = Settings(limits=Limits(render_pixels=10_000))
    image = Image.open(io.BytesIO(shown(make_pdf(tmp_path / "a.pdf"), 1, sandbox, settings)))
    assert image.width * image.height < 11_000


def test_a_page_that_is_not_there_is_named(tmp_path: Path, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidArgument):
        shown(make_pdf(tmp_path / "a.pdf"), 2, sandbox)


def test_a_picture_file_is_loaded_and_cropped(tmp_path: Path, sandbox: Sandbox) -> None:
    two_colours().save(tmp_path / "a.png")
    image = loaded(tmp_path / "a.png", sandbox)
    assert (image.mode, image.size, image.getpixel((0, 0))) == ("RGB", (40, 20), (255, 0, 0))
    right = shown(tmp_path / "a.png", 1, sandbox, box=Box(x0=0.5, y0=0, x1=1, y1=1))
    assert Image.open(io.BytesIO(right)).getpixel((0, 0)) == (0, 0, 255)


def test_other_files_have_no_pages_to_show(tmp_path: Path, sandbox: Sandbox) -> None:
    (tmp_path / "a.txt").write_text("words")
    with pytest.raises(UnsupportedType) as caught:
        loaded(tmp_path / "a.txt", sandbox)
    assert "no pages" in str(caught.value)
