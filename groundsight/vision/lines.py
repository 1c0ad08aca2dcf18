"""Lines of text in pixels: found with the packaged PP-OCRv6 detector, read one by one with our int8 recogniser."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from groundsight.encoders.onnx_session import OnnxModel
from groundsight.encoders.weights import packaged_file, read_verified
from groundsight.encoders.wordhood import is_english
from groundsight.errors import Disabled, ModelFailed

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
# What was misread gave the right letter .16 to .45, what was read rightly gave the wrong one .08 at most. With .05 for
# words 7 more of 500 blurred names that are nearly a word were turned into it, and no more of 500 words were read.
RIVAL = 0.15
# A sign that the line makes no sense without needs less: 13 lines of 60 pages changed, all to what is printed.
FAINT = 0.02
# Of 1,885 lines of receipts 14 changed by this rule, all of them for what is printed.
SHORTEST_WORD = 5
# A space in the gap between two letters: the gap itself often has more. Word F1 of 40 receipts was .883 without this,
# with .02 to .3 it is .895 to .902; of 14 drawn pages on which it was not chosen .990 and .994.
SPACE = 0.1
# Short lines are padded to this width, not to 320: 35 % less CPU on receipts, word F1 .912 for .914.
NARROWEST = 64
# A line that ends like a price, and has no point: "@3 00".
_CENTS = re.compile(r"[^.]*\d \d\d")
# Full-width forms stand at one distance from what they are forms of.
_NARROW = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}


class Found:
    """A line that was found: its corners on the picture, shape (4, 2), and its pixels, BGR, lying as they are read."""

    def __init__(self, corners: NDArray[np.float32], pixels: NDArray[np.uint8]) -> None:
        self.corners, self.pixels = corners, pixels
        self.stands = bool(corners[:, 1].max() - corners[:, 1].min() > corners[:, 0].max() - corners[:, 0].min())


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
        """Return the text of each line and the mean probability of its characters, 0 without any."""
        with ThreadPoolExecutor(self._threads) as pool:
            return list(pool.map(self._one, lines))

    def _one(self, line: NDArray[np.uint8]) -> tuple[str, float]:
        pixels = line_input(line)
        text, odds = self._decoded(self._quick, pixels)
        if odds.size and odds.min() < DOUBTED:
            text, odds = self._decoded(self._packaged(), pixels)
        return text, float(odds.mean()) if odds.size else 0.0

    def _decoded(self, model: OnnxModel, pixels: NDArray[np.float32]) -> tuple[str, NDArray[np.float32]]:
        """Decode connectionist temporal classification: a repeated class counts once, class 0 is the gap between."""
        import numpy as np

        odds: NDArray[np.float32] = model.run({"x": pixels})[0]
        best = odds.argmax(axis=1)
        kept = (best != 0) & np.r_[True, best[1:] != best[:-1]]
        read: list[int] = best[kept].tolist()
        text, sure = [self._characters[one - 1] for one in read], odds[kept, best[kept]]
        for at in np.flatnonzero(sure < 1 - FAINT).tolist():
            likely: list[int] = np.flatnonzero(odds[kept][at] > FAINT).tolist()
            rivals = {self._characters[one - 1]: odds[kept][at][one] for one in likely if one}
            text[at] = chosen(text, at, rivals)
        gaps = np.add.reduceat((best == 0) & (odds[:, self._space] > SPACE), np.flatnonzero(kept)) if read else ()
        parts = (one + " " if gap and one < "\u2e80" else one for one, gap in zip(text, gaps, strict=True))
        line = narrow(whole_words("".join(parts).split()))
        if _CENTS.fullmatch(line) and odds[:, self._point].max() > FAINT:
            line = f"{line[:-3]}.{line[-2:]}"
        return line, sure


def narrow(text: str) -> str:
    """Return a line with brackets and colons as wide as its letters; one with East Asian signs keeps wide ones.

    In 2 of 40 English receipts they were read as wide.
    """
    if any(sign >= "\u2e80" and sign not in _NARROW for sign in text):
        return text
    return "".join(_NARROW.get(sign, sign) for sign in text)


def whole_words(parts: Sequence[str]) -> str:
    """Join parts of a line by spaces, and by none where two or three make one English word and not each is one."""
    at, words = 0, list[str]()
    while at < len(parts):
        ends = (end for end in (at + 3, at + 2) if end <= len(parts) and _is_torn(parts[at:end]))
        end = next(ends, at + 1)
        words.append("".join(parts[at:end]))
        at = end
    return " ".join(words)


def _is_torn(parts: Sequence[str]) -> bool:
    word = "".join(parts)
    return len(word) >= SHORTEST_WORD and word.isalpha() and is_english(word) and not all(map(is_english, parts))


def chosen(text: Sequence[str], at: int, rivals: Mapping[str, float]) -> str:
    """Return the character for a place: one of its rivals, by what stands around it, or the one that was read."""
    likely = (one for one, odds in rivals.items() if odds > RIVAL)
    fitting = (one for one in likely if one == likelier(text, at) or makes_word(text, at, one))
    return next(fitting, wanted if (wanted := needed(text, at)) in rivals else text[at])


def needed(text: Sequence[str], at: int) -> str:
    """Return the sign without which a place makes no sense, or "".

    A comma for the point before a small letter, an @ for the nought before a digit that no digit leads.
    """
    before, after = "".join(text[:at]), "".join(text[at + 1 :])
    match text[at]:
        case "." if after[:1] == " " and after[1:2].islower():
            return ","
        case "0" if after[:1].isdigit() and (before[-1:].isalpha() or not before):
            return "@"
        case _:
            return ""


def likelier(text: Sequence[str], at: int) -> str:
    """Return the character that stands more often beside these neighbours and looks like the one at a place, or "".

    A letter without its accent; an l behind a small letter for a 1; digits among digits, an O among capitals.
    """
    one, before, after = text[at], "".join(text[max(0, at - 1) : at]), "".join(text[at + 1 : at + 2])
    plain = normalize("NFD", one)[0]
    if plain != one and plain.isascii():
        return plain
    if one == "1":
        return "l" if before.islower() else ""
    if one == "0":
        return "O" if before.isupper() and after.isupper() else ""
    if one == ":" and before.islower() and after.islower():
        return "t"
    if one in "Oo" and after == "x" and not before.isalnum():
        return "0" if "".join(text[at + 2 : at + 3]).isdigit() else ""
    return {"l": "1", "I": "1", "O": "0", "o": "0"}.get(one, "") if before.isdigit() else ""


def makes_word(text: Sequence[str], at: int, letter: str) -> bool:
    """Tell whether a letter makes an English word of five letters or more of what is none without it."""
    before = "".join(takewhile(str.isalpha, reversed(text[:at])))[::-1]
    after = "".join(takewhile(str.isalpha, text[at + 1 :]))
    word = f"{before}{letter}{after}"
    return len(word) >= SHORTEST_WORD and is_english(word) and not is_english(f"{before}{text[at]}{after}")


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
