"""What persons judged moves the threshold of one index: only where enough was judged, and never silently."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path

from pydantic import ValidationError

from groundsight.atomic import write_whole
from groundsight.errors import StorageFailed
from groundsight.types import Word

FILE = "calibration.json"
# So many of each: with fewer a threshold follows single sentences.
LEAST, FOLDS = 15, 5
Judged = tuple[float, bool]


class Shift(Word):
    """The threshold that fits what persons judged, and what it is worth.

    ``errors`` counts sentences that the packaged threshold lets through and persons call wrong, and the other way;
    ``held_out`` the same for thresholds chosen without the sentences that they are tried on. ``fits`` is the version
    of the coefficients that it belongs to, ``made`` the day on which it was put into force.
    """

    threshold: float
    packaged: float
    right: int
    wrong: int
    errors: int
    held_out: int
    fits: str
    made: date | None = None

    @property
    def is_enough(self) -> bool:
        """True where there is enough to go by, and the errors become fewer."""
        return min(self.right, self.wrong) >= LEAST and self.held_out < self.errors

    def __str__(self) -> str:
        judged = f"{self.right} sentences judged right, {self.wrong} wrong"
        errors = (
            f"threshold {self.packaged:.3f} errs in {self.errors}, {self.threshold:.3f} in {self.held_out} held out"
        )
        force = f"in force since {self.made}" if self.made else "not in force"
        why = "" if self.is_enough else f"; that is not enough: {LEAST} of each are needed, and fewer errors"
        return f"{judged}: {errors}{why}; {force}"


def shift_of(judged: Sequence[Judged], packaged: float, fits: str) -> Shift:
    """Return the threshold that fits probabilities and verdicts, with its errors on what it was not chosen by."""
    folds = [judged[at::FOLDS] for at in range(FOLDS)]
    rest = [[one for other in folds if other is not fold for one in other] for fold in folds]
    return Shift(
        threshold=_best(judged, packaged),
        packaged=packaged,
        right=sum(right for _, right in judged),
        wrong=sum(not right for _, right in judged),
        errors=_errors(judged, packaged),
        held_out=sum(_errors(fold, _best(others, packaged)) for fold, others in zip(folds, rest, strict=True)),
        fits=fits,
    )


def kept_shift(home: Path, fits: str) -> Shift | None:
    """Return the shift that is in force for these coefficients; None where none is, or it was made for others.

    Raises:
        StorageFailed: the file can't be read.
    """
    try:
        found = Shift.model_validate_json((home / FILE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        step = "groundsight review calibrate --lift, then --apply again"
        raise StorageFailed("the calibration of this index can't be read", which=FILE, next_step=step) from error
    return found if found.fits == fits else None


def keep_shift(home: Path, shift: Shift | None) -> None:
    """Put a shift into force, or with None the packaged threshold.

    Raises:
        StorageFailed: the disk refused.
    """
    try:
        write_whole(home / FILE, shift.model_dump_json()) if shift else (home / FILE).unlink(missing_ok=True)
    except OSError as error:
        raise StorageFailed("the calibration can't be kept", which=FILE, next_step="check the disk") from error


def _errors(judged: Sequence[Judged], threshold: float) -> int:
    return sum((likely >= threshold) != right for likely, right in judged)


def _best(judged: Sequence[Judged], packaged: float) -> float:
    """Return the threshold with the fewest errors, of equal ones that nearest to the packaged."""
    known = sorted({likely for likely, _ in judged})
    tried = {packaged, *(round((one + other) / 2, 4) for one, other in pairwise(known))}
    return min(tried, key=lambda one: (_errors(judged, one), abs(one - packaged), one))
