"""Files of weights: found in packages or folders, verified by their hash before anything reads them."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.errors import Disabled, ModelFailed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BLOCK = 1 << 20


def packaged_file(package: str, name: str, requirement: str) -> Path:
    """Return the path of a file inside an installed package, without running the package's code.

    Raises:
        Disabled: the package is not installed.
        ModelFailed: the package is there, the file is not.
    """
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    if not folders:
        raise Disabled("a packaged model is missing", which=package, next_step=f"pip install {requirement}")
    path = Path(folders[0]) / name
    if not path.is_file():
        raise ModelFailed("a packaged model has no weights", which=str(path), next_step=_again(requirement))
    return path


def read_verified(path: Path, sha256: str, requirement: str) -> bytes:
    """Return the bytes of a file whose SHA-256 is as pinned; what was hashed is what is used.

    Raises:
        ModelFailed: the file can't be read, or it is not the pinned file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFailed("weights can't be read", which=str(path), next_step=_again(requirement)) from error
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ModelFailed(
            "weights are not the pinned file",
            which=f"{path} has sha256 {found[:12]}...",
            limit=f"sha256 {sha256[:12]}...",
            next_step=_again(requirement),
        )
    return content


def verified_folder(package: str, name: str, sha256: str, requirement: str) -> Path:
    """Return a folder of an installed package whose files, names and contents, have this SHA-256 together.

    Raises:
        Disabled: the package is not installed. ModelFailed: the files are not the pinned ones.
    """
    spec = find_spec(package)
    folder = Path(next(iter(spec.submodule_search_locations or ()))) / name if spec else None
    if folder is None:
        raise Disabled("a packaged model is missing", which=package, next_step=f"pip install {requirement}")
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + bytes.fromhex(file_sha256(path)))
    if digest.hexdigest() != sha256:
        raise ModelFailed("weights are not the pinned files", which=str(folder), next_step=_again(requirement))
    return folder


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, read in blocks of 1 MiB."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def finite(rows: NDArray[np.float32], which: str) -> NDArray[np.float32]:
    """Return the rows, or raise ModelFailed when a model answered NaN or infinity."""
    import numpy as np

    if not np.isfinite(rows).all():
        raise ModelFailed("a model answered NaN or infinity", which=which, next_step="check the weights; try another")
    return rows


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return float32 rows scaled to length 1; rows of zeros stay zeros."""
    import numpy as np

    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def _again(requirement: str) -> str:
    return f"pip install --force-reinstall --no-deps {requirement}"
