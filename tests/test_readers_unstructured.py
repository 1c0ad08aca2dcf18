"""The optional partitioner gives the same contract, offline and silent; without it the extra is named."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import docx
import pytest

from groundsight.errors import Disabled
from groundsight.ingestion.frozen import frozen_by_name
from groundsight.ingestion.partition import partition
from groundsight.ingestion.readers.unstructured_reader import UnstructuredPartitioner
from groundsight.ingestion.sniff import PLAIN
from groundsight.settings import Ingestion, Limits, Settings
from groundsight.tracing import Watch

needs_extra = pytest.mark.skipif(find_spec("unstructured") is None, reason="the documents extra is not installed")


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "unstructured", None)
    with pytest.raises(Disabled) as caught:
        UnstructuredPartitioner()(tmp_path / "a.txt", PLAIN, tmp_path, Limits())
    assert "groundsight[documents]" in str(caught.value)


@needs_extra
def test_it_reads_headings_text_and_tables_without_a_network(tmp_path: Path) -> None:
    document = docx.Document()
    document.add_heading("Results", 1)
    document.add_paragraph("Sales of the northern region rose by four percent in the last quarter.")
    table = document.add_table(rows=2, cols=2)
    for number, text in enumerate(("Region", "Growth", "North", "4%")):
        table.cell(number // 2, number % 2).text = text
    document.save(str(tmp_path / "a.docx"))
    settings = Settings(ingestion=Ingestion(partitioner="unstructured"))
    with frozen_by_name(tmp_path / "a.docx", settings.limits.file_bytes) as file:
        parsed = partition(file, settings, tmp_path, Watch())
    assert [element.kind for element in parsed.elements] == ["heading", "text", "table"]
    assert parsed.elements[2].cells == (("Region", "Growth"), ("North", "4%"))
    assert parsed.elements[1].section == "Results"
