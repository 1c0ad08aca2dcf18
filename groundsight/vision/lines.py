"""Lines of text in pixels: found with the packaged PP-OCRv6 detector, read one by one with our int8 recogniser."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from groundsight.encoders.onnx_session import OnnxModel
from groundsight.encoders.weights import packaged_file, read_verified
from groundsight.errors import Disabled, ModelFailed
from groundsight.vision.letters import (
    FAINT,
    bare,
    chosen,
    first,
    least_odds,
    lists_prices,
    may_stand,
    narrow,
    respelled,
    whole_words,
    with_point,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

REQUIREMENT = "rapidocr==3.10.0"
DETECTOR = ("models/PP-OCRv6_det_small.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f")
PACKAGED = ("models/PP-OCRv6_rec_small.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884")
RECOGNISER = ("ocr_lines.onnx", "232edcb67683064adb67cc473f79041714317c622983dc83f890fd7d3d445414")
CHARACTERS = ("ocr_characters.txt", "03dfb9f1cf3043c41cd037f7ecdae8641e82242f789f0739c899e8d666a1f0db")
LONGEST_SIDE = 2000
DETECTED_SIDE = 1280
LINE_HEIGHT = 48
# Of 40 receipts with .5: word F1 .873, addresses .63, 1.1 CPU s a page; with .9: .883, .73, 1.7.
DOUBTED = 0.9
# A space in the gap between two letters: the gap itself often has more. Word F1 of 40 receipts was .883 without this,
# with .02 to .3 it is .895 to .902; of 14 drawn pages on which it was not chosen .990 and .994.
SPACE = 0.1
# Short lines are padded to this width, not to 320: 35 % less CPU on receipts, word F1 .912 for .914.
NARROWEST = 64


class Found:
    """A line that was found: its corners on the picture, shape (4, 2), and its pixels, BGR, lying as they are read."""

    def __init__(self, corners: NDArray[np.float32], pixels: NDArray[np.uint8]) -> None:
        self.corners, self.pixels = corners, pixels
        self.stands = bool(corners[:, 1].max() - corners[:, 1].min() > corners[:, 0].max() - corners[:, 0].min())


class _Read(NamedTuple):
    """The words of a line, of each character what may stand there; mean and least odds; whether a point was traced."""

    words: list[list[Mapping[str, float]]]
    sure: float
    least: float
    point: bool


class LineFinder:
    """Finds lines of text with rapidocr; its recogniser is never loaded."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._one_at_a_time = threading.Lock()

    @classmethod
    def open(cls) -> LineFinder:
        """Verify the packaged detector; its graph loads with the first page.

        Raises:
            Disabled: the package is missing. ModelFailed: the file is not the pinned one.
        """
        path = packaged_file("rapidocr", DETECTOR[0], REQUIREMENT)
        read_verified(path, DETECTOR[1], REQUIREMENT)
        return cls(_engine(str(path)))

    def find(self, pixels: NDArray[np.uint8]) -> list[Found]:
        """Return the lines of a picture (BGR); one that stands is turned a quarter counterclockwise.

        Raises:
            ModelFailed: the engine failed.
        """
        from cv2 import error as cv_error
        from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError
        from rapidocr.main import RapidOCRError
        from rapidocr.utils.process_img import map_boxes_to_original

        try:
            with self._one_at_a_time:
                sheet, done = self._engine.preprocess_img(pixels)
                crops, found = self._engine.detect_and_crop(sheet, done)
        except RapidOCRError:
            return []
        except (ONNXRuntimeError, RuntimeError, ValueError, cv_error) as error:
            raise ModelFailed("the OCR engine failed", which="rapidocr", next_step="try another picture") from error
        boxes = map_boxes_to_original(found.boxes, done, *pixels.shape[:2])
        return [Found(box, crop) for box, crop in zip(boxes, crops, strict=True)]


class LineReader:
    """Reads the pixels of lines, several at once; each runs alone, so nothing is padded to a wider neighbour.

    Our graph (``training/ocr_graph.py``) multiplies the packaged weights as int8. Where it is unsure of a
    character the line is read again as packaged.
    """

    def __init__(self, quick: OnnxModel, packaged: Callable[[], OnnxModel], characters: Sequence[str], threads: int):
        self._quick, self._packaged = quick, cache(packaged)
        self._characters, self._threads = characters, threads
        self._space, self._point = characters.index(" ") + 1, characters.index(".") + 1

    @classmethod
    def open(cls, *, threads: int) -> LineReader:
        """Verify the packaged weights, and load our graph and its characters.

        Raises:
            Disabled: the package is missing. ModelFailed: a file is not the pinned one.
        """
        path = packaged_file("rapidocr", PACKAGED[0], REQUIREMENT)
        read_verified(path, PACKAGED[1], REQUIREMENT)
        packaged: Callable[[], OnnxModel] = lambda: OnnxModel.load(  # noqa: E731
            read_verified(path, PACKAGED[1], REQUIREMENT), "ocr as packaged", threads=1
        )
        characters = _pinned(*CHARACTERS).decode().split("\n")
        return cls(OnnxModel.load(_pinned(*RECOGNISER), "ocr", threads=1), packaged, characters, threads)

    def read(self, lines: Sequence[NDArray[np.uint8]]) -> list[tuple[str, float]]:
        """Return the text of each line of a page and the mean probability of its characters, 0 without any."""
        with ThreadPoolExecutor(self._threads) as pool:
            read = list(pool.map(self._one, lines))
        sure = (word for line in read for word in line.words if min(at[first(at)] for at in word) >= DOUBTED)
        likely = partial(least_odds, page={bare("".join(map(first, word))) for word in sure})
        texts = [narrow(whole_words([respelled(word, likely) for word in line.words])) for line in read]
        priced = lists_prices(texts)
        return [(with_point(text, line.point, priced), line.sure) for text, line in zip(texts, read, strict=True)]

    def _one(self, line: NDArray[np.uint8]) -> _Read:
        pixels = line_input(line)
        read = self._decoded(self._quick, pixels)
        return self._decoded(self._packaged(), pixels) if read.least < DOUBTED else read

    def _decoded(self, model: OnnxModel, pixels: NDArray[np.float32]) -> _Read:
        """Decode connectionist temporal classification: a repeated class counts once, class 0 is the gap between."""
        import numpy as np

        odds: NDArray[np.float32] = model.run({"x": pixels})[0]
        best = odds.argmax(axis=1)
        kept = (best != 0) & np.r_[True, best[1:] != best[:-1]]
        if not kept.any():
            return _Read([], 0.0, 1.0, point=False)
        read: list[int] = best[kept].tolist()
        text, there = [self._characters[one - 1] for one in read], odds[kept]
        sure = there.max(axis=1)
        places = [{one: float(chance)} for one, chance in zip(text, sure, strict=True)]
        for at in np.flatnonzero(sure < 1 - FAINT).tolist():
            likely: list[int] = np.flatnonzero(there[at] > FAINT).tolist()
            rivals = {self._characters[one - 1]: float(there[at, one]) for one in likely if one}
            text[at] = chosen(text, at, rivals)
            places[at] = may_stand(text[at], rivals, none=float(there[at, 0]))
        gaps = np.add.reduceat((best == 0) & (odds[:, self._space] > SPACE), np.flatnonzero(kept)) > 0
        point = bool(odds[:, self._point].max() > FAINT)
        return _Read(_parted(places, gaps.tolist()), float(sure.mean()), float(sure.min()), point)


def _parted(places: Sequence[Mapping[str, float]], gaps: Sequence[bool]) -> list[list[Mapping[str, float]]]:
    words: list[list[Mapping[str, float]]] = [[]]
    for place, gap in zip(places, gaps, strict=True):
        blank = first(place).isspace()
        if not blank:
            words[-1].append(place)
        if blank or (gap and first(place) < "\u2e80"):
            words.append([])
    return [word for word in words if word]


def line_input(line: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Scale a line to the height that the graph knows, with values from -1 to 1: shape (1, 3, 48, width)."""
    import numpy as np
    from cv2 import resize

    height, width = line.shape[:2]
    across = max(1, -(-LINE_HEIGHT * width // height))
    padded = np.zeros((1, 3, LINE_HEIGHT, max(NARROWEST, across)), np.float32)
    padded[0, :, :, :across] = resize(line, (across, LINE_HEIGHT)).transpose(2, 0, 1) / 127.5 - 1
    return padded


def _engine(detector: str) -> Any:
    """Build RapidOCR, silent, with our file: a missing one must never start a download."""
    from groundsight.encoders.onnx_session import quiet_runtime

    quiet_runtime()
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise Disabled("an OCR library is missing", which=str(error), next_step=f"pip install {REQUIREMENT}") from error
    settings: dict[str, Any] = {
        "Global.log_level": "critical",
        "Global.max_side_len": LONGEST_SIDE,
        "Det.limit_type": "max",
        "Det.limit_side_len": DETECTED_SIDE,
        # A second thread spins while it waits: 15 % more CPU. The lines keep the other cores busy.
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "Det.model_path": detector,
    }
    return RapidOCR(params=settings)


def _pinned(name: str, sha256: str) -> bytes:
    return read_verified(Path(str(files("groundsight.vision") / "data" / name)), sha256, "groundsight")
