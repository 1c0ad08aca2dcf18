"""Pictures among the lines of a terminal, by the kitty protocol or as sixels, where it says that it draws them."""

from __future__ import annotations

import base64
import os
import re
import select
import sys
import time
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from groundsight.tools.pictures import opened

if TYPE_CHECKING:
    from numpy.typing import NDArray

Way = Literal["kitty", "sixel", ""]
# Does it take kitty pictures? Then what every terminal answers, so that silence on the first is told from slowness.
QUESTION = b"\x1b_Gi=1,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[c"
ANSWER = re.compile(rb"\x1b\[\?([0-9;]*)c")
KITTY_TAKEN, SIXELS = b"\x1b_Gi=1;OK", b"4"
# A terminal behind a slow line answers within this; one that never answers costs it once.
SECONDS = 1.0
CHUNK, BAND, COLOURS = 4096, 6, 64
_REPEATED = re.compile(r"(.)\1{3,}")


class Screen(NamedTuple):
    """The width of a terminal and of one of its columns, in pixels."""

    width: int
    column: int


def way_of_terminal() -> Way:
    """Ask the terminal how it draws pictures; empty where it does not, or where there is no terminal on both sides."""
    if os.name == "nt" or os.environ.get("TERM", "dumb") in ("dumb", "linux"):
        return ""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return ""
    return _understood(_answer(sys.stdin.fileno(), sys.stdout.fileno()))


def as_drawn(way: Way, picture: bytes, screen: Screen) -> str:
    """Return what draws a PNG: in its own size, or as wide as the screen where it is wider."""
    width = min(opened(picture).width, screen.width)
    if way == "kitty":
        return _kitty(picture, max(1, width // screen.column))
    return _sixels(picture, width)


def screen_of_terminal() -> Screen:
    """Return the size of the terminal; where it keeps its pixels to itself, columns are taken as ten wide."""
    import fcntl
    import struct
    import termios

    told = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
    _, columns, width, _ = struct.unpack("HHHH", told)
    columns = columns or 80
    return Screen(width, max(1, width // columns)) if width else Screen(10 * columns, 10)


def _understood(said: bytes) -> Way:
    if KITTY_TAKEN in said:
        return "kitty"
    told = ANSWER.search(said)
    return "sixel" if told and SIXELS in told[1].split(b";") else ""


def _answer(reading: int, writing: int) -> bytes:
    """Ask, unseen by the person, and return what came back until the last part of the question was answered."""
    import termios
    import tty

    before, said, until = termios.tcgetattr(reading), b"", time.monotonic() + SECONDS
    try:
        tty.setcbreak(reading, termios.TCSANOW)
        os.write(writing, QUESTION)
        while not ANSWER.search(said) and select.select([reading], [], [], max(0.0, until - time.monotonic()))[0]:
            said += os.read(reading, 1024)
    finally:
        termios.tcsetattr(reading, termios.TCSADRAIN, before)
    return said


def _kitty(picture: bytes, columns: int) -> str:
    data = base64.b64encode(picture).decode()
    parts = [data[at : at + CHUNK] for at in range(0, len(data), CHUNK)]
    more = [f"m={int(number < len(parts))}" for number in range(1, len(parts) + 1)]
    more[0] = f"a=T,f=100,q=2,c={columns},{more[0]}"
    return "".join(f"\x1b_G{keys};{part}\x1b\\" for keys, part in zip(more, parts, strict=True))


def _sixels(picture: bytes, width: int) -> str:
    """Six lines at a time: for each colour of the band, which of the six dots of a column have it."""
    image = opened(picture)
    small = image.resize((width, max(1, round(image.height * width / image.width)))).quantize(COLOURS)
    dots, palette = np.asarray(small), small.getpalette() or []
    inks = [_ink(at, palette[3 * at : 3 * at + 3]) for at in range(len(palette) // 3)]
    bands = [dots[top : top + BAND] for top in range(0, len(dots), BAND)]
    rows = ("$".join(_row(band == ink, int(ink)) for ink in np.unique(band)) for band in bands)
    return f'\x1bPq"1;1;{small.width};{small.height}{"".join(inks)}{"-".join(rows)}\x1b\\'


def _ink(number: int, colour: list[int]) -> str:
    return f"#{number};2;" + ";".join(str(round(part / 2.55)) for part in colour)


def _row(dots: NDArray[np.bool_], ink: int) -> str:
    columns = (dots.T @ (1 << np.arange(len(dots)))) + 63
    text = columns.astype(np.uint8).tobytes().decode()
    return f"#{ink}{_REPEATED.sub(lambda same: f'!{len(same[0])}{same[1]}', text)}"
