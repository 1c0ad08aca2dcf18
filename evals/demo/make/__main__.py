"""Write the demo folder afresh: the same story gives the same bytes."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from groundsight.evals.demo.make.office import write_office
from groundsight.evals.demo.make.pdfs import write_pdfs
from groundsight.evals.demo.make.pictures import write_pictures
from groundsight.evals.demo.make.plain import write_plain

FILES = Path(__file__).resolve().parent.parent / "files"


def main(folder: Path = FILES) -> None:
    """Replace the content of ``folder`` by the story."""
    if folder.exists():
        shutil.rmtree(folder)
    for write in (write_plain, write_office, write_pdfs, write_pictures):
        write(folder)
    print(f"{sum(path.is_file() for path in folder.rglob('*'))} files in {folder}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
