"""RapidOCR with its packaged PP-OCRv6 models: lines of text with boxes and confidence, in reading order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from groundsight.types import Box, TextLine
from groundsight.vision.lines import DETECTOR, LONGEST_SIDE, RECOGNISER, Found, LineFinder, LineReader
from groundsight.vision.lite import on_white

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

SMALL_SIDE = 300
KEPT = 0.5
# Mean confidence of 4 receipts: upright .98 to .99, upside down .61 to .70.
UPSIDE_DOWN = 0.8
# Of 21 axis titles in 26 charts the wrong way gave .00 to .82, the right one .97 to 1.0.
CLIMBS = 0.95
# The beginnings of the widest lines tell how a page lies: 80 CPU ms, where reading it twice took as long as that.
TRIED_LINES, TRIED_HEIGHTS = 6, 8
# rapidocr turns what stands this many times taller than wide.
LONG_WORD = 1.5


class RapidReader:
    """Reads printed text. The packaged angle classifier turned upright lines (word F1 .945, not .997); a few lines of
    the page, read both ways, tell how it lies.
    """

    fingerprint = f"rapidocr-ppocrv6-small-int8-5@{DETECTOR[1][:8]}{RECOGNISER[1][:8]}"

    def __init__(self, finder: LineFinder, reader: LineReader) -> None:
        self._finder, self._reader = finder, reader

    @classmethod
    def open(cls, *, threads: int) -> RapidReader:
        """Verify and load the models.

        Raises:
            Disabled: the package is missing.
            ModelFailed: a model file is not the pinned one.
        """
        return cls(LineFinder.open(), LineReader.open(threads=threads))

    def read(self, picture: Image) -> tuple[TextLine, ...]:
        """Return the lines, rows from top to bottom and each row from left to right.

        A page that lies sideways or upside down is read as it should lie, with boxes of the picture as given.

        Raises:
            ModelFailed: the engine failed.
        """
        import numpy as np

        sheet = _sized(on_white(picture))
        found = self._finder.find(np.ascontiguousarray(np.asarray(sheet)[:, :, ::-1]))
        quarters = self._quarters(found)
        lines = [_facing(line, quarters) for line in found]
        climbing = [at for at, line in enumerate(found) if line.stands and not quarters % 2]
        texts = self._either_way(lines, climbing)
        return tuple(in_rows(_shown(found, texts, sheet.size), quarters))

    def _either_way(self, lines: Sequence[NDArray[np.uint8]], climbing: Sequence[int]) -> list[tuple[str, float]]:
        """Read lines; what stands on an upright page and is unsure is read turned as well: an axis title climbs."""
        import numpy as np

        texts = self._reader.read(lines)
        doubted = [at for at in climbing if texts[at][1] < CLIMBS]
        turned = self._reader.read([np.ascontiguousarray(np.rot90(lines[at], 2)) for at in doubted]) if doubted else []
        for at, other in zip(doubted, turned, strict=True):
            texts[at] = max(texts[at], other, key=lambda read: read[1])
        return texts

    def _quarters(self, found: Sequence[Found]) -> int:
        """How many quarters counterclockwise make the page upright."""
        sideways = int(sum(line.stands for line in found) * 2 > len(found))
        widest = sorted(found, key=lambda line: line.pixels.shape[1])[-TRIED_LINES:]
        upright = self._confidence(widest, sideways)
        flipped = upright < UPSIDE_DOWN and self._confidence(widest, sideways + 2) > upright
        return sideways + 2 * flipped

    def _confidence(self, lines: Sequence[Found], quarters: int) -> float:
        """Mean confidence of the beginnings of lines, each weighted by its characters; 0 without any."""
        begun = [pixels[:, : TRIED_HEIGHTS * pixels.shape[0]] for pixels in (_facing(one, quarters) for one in lines)]
        read = self._reader.read(begun)
        return sum(len(text) * sure for text, sure in read) / max(1, sum(len(text) for text, _ in read))


def _sized(picture: Image) -> Image:
    """Bring a picture to a side length at which the detector works."""
    longest = max(picture.size)
    factor = 2.0 if longest < SMALL_SIDE else min(1.0, LONGEST_SIDE / longest)
    if factor == 1.0:
        return picture
    from PIL.Image import Resampling

    size = (max(1, round(picture.width * factor)), max(1, round(picture.height * factor)))
    return picture.resize(size, Resampling.LANCZOS)


def _facing(line: Found, quarters: int) -> NDArray[np.uint8]:
    """Turn the pixels of a line as the page is turned; short words of a page that lies sideways lie still."""
    import numpy as np

    height, width = line.pixels.shape[:2]
    lies = quarters % 2 and width < LONG_WORD * height
    return np.ascontiguousarray(np.rot90(line.pixels, (1 if lies else 0) + (2 if quarters >= 2 else 0)))


def _shown(found: Iterable[Found], told: Iterable[tuple[str, float]], size: tuple[int, int]) -> list[TextLine]:
    """Turn corners into fractions and drop lines that are more noise than text."""
    return [
        TextLine(text=text.strip(), box=_box(line, size), confidence=min(1.0, sure))
        for line, (text, sure) in zip(found, told, strict=True)
        if sure >= KEPT and text.strip()
    ]


def _box(line: Found, size: tuple[int, int]) -> Box:
    (left, top), (right, bottom) = line.corners.min(axis=0) / size, line.corners.max(axis=0) / size
    x0, y0, x1, y1 = (min(1.0, max(0.0, float(value))) for value in (left, top, right, bottom))
    return Box(x0=x0, y0=y0, x1=x1, y1=y1)


def in_rows(lines: Iterable[TextLine], quarters: int = 0) -> list[TextLine]:
    """Order lines by rows of the upright page: a line belongs to the row whose first line its middle falls into."""
    rows: list[list[tuple[Box, TextLine]]] = []
    places = [(_turned(line.box, quarters), line) for line in lines]
    for box, line in sorted(places, key=lambda each: each[0].y0 + each[0].y1):
        if rows and rows[-1][0][0].y0 <= (box.y0 + box.y1) / 2 <= rows[-1][0][0].y1:
            rows[-1].append((box, line))
        else:
            rows.append([(box, line)])
    return [line for row in rows for _, line in sorted(row, key=lambda each: each[0].x0)]


def _turned(box: Box, quarters: int) -> Box:
    """Return a box as it lies on the page turned by so many quarters counterclockwise."""
    for _ in range(quarters):
        box = Box(x0=box.y0, y0=1 - box.x1, x1=box.y1, y1=1 - box.x0)
    return box
