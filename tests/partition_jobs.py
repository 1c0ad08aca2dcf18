"""The optional partitioner over a folder of files in one confined child, so that its libraries are imported once."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from groundsight.ingestion.readers.unstructured_reader import UnstructuredPartitioner
from groundsight.ingestion.sniff import sniff
from groundsight.settings import Limits


def partition_all(document: Path, body: str) -> str:
    """Read every file of the folder ``body``; whatever asks for a name or an address ends the job."""
    sys.addaudithook(_refuse)
    read = {}
    for path in sorted(Path(body).glob("*.*")):
        parsed = UnstructuredPartitioner()(path, sniff(path, path.name).media_type, Path(body), Limits())
        read[path.name] = [(element.kind, element.text) for element in parsed.elements]
    return json.dumps(read)


def _refuse(event: str, _: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        raise SystemError(event)
