"""How many faces are masked, and how much of each: a face cut from one picture is put into others at several sizes.

    python -m groundsight.evals.masked_faces FACE.png X0,Y0,X1,Y1 PICTURE...

The box of the face is given in fractions of its picture. Printed is a line of JSON for each height in pixels: how many
faces had nine tenths of their box filled, and the share that was filled on average.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from groundsight.types import Box
from groundsight.vision import Detector
from groundsight.vision.masks import filled

HEIGHTS = (24, 32, 48, 64, 96, 160)
MASKED = 0.9


def covered(detector: Detector, face: Image.Image, ground: Image.Image, height: int) -> float:
    """Return the share of a pasted face, 0 to 1, that the masks fill; it stands in the middle of the picture."""
    small = face.resize((max(1, round(face.width * height / face.height)), height))
    sheet = ground.copy()
    left, top = (sheet.width - small.width) // 2, (sheet.height - small.height) // 2
    sheet.paste(small, (left, top))
    black = filled(Image.new("RGB", sheet.size, "white"), detector.find(sheet))
    part = np.asarray(black.convert("L"))[top : top + small.height, left : left + small.width]
    return float((part == 0).mean())


def measured(
    detector: Detector, picture: Image.Image, box: Box, grounds: Sequence[Image.Image]
) -> list[dict[str, float]]:
    """Return for each height: faces, the share of them that is masked, and the share of their pixels."""
    wide, high = picture.size
    face = picture.crop((round(box.x0 * wide), round(box.y0 * high), round(box.x1 * wide), round(box.y1 * high)))
    faces = (face, face.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    rows: list[dict[str, float]] = []
    for height in HEIGHTS:
        shares = np.array([covered(detector, one, ground, height) for ground in grounds for one in faces])
        masked, pixels = float((shares >= MASKED).mean()), float(shares.mean())
        rows.append({"height": height, "faces": len(shares), "masked": round(masked, 3), "pixels": round(pixels, 3)})
    return rows


def main() -> None:
    """Measure the packaged detector."""
    from groundsight.vision.faces import CenterFace

    face, edges, *grounds = sys.argv[1:]
    x0, y0, x1, y1 = map(float, edges.split(","))
    pictures = [Image.open(Path(each)).convert("RGB") for each in grounds]
    for row in measured(
        CenterFace.open(threads=2), Image.open(face).convert("RGB"), Box(x0=x0, y0=y0, x1=x1, y1=y1), pictures
    ):
        print(json.dumps(row))


if __name__ == "__main__":
    main()
