"""The report page in a real browser: it draws everything, in light and dark, and asks the network for nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from groundsight.evals.metrics import Estimate, bootstrap
from groundsight.evals.report import write_html
from groundsight.evals.result import ItemResult, TaskResult, write_result

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --window-size=1100,1600"
).split()
DARK, LIGHT = "--blink-settings=preferredColorScheme=0", "--blink-settings=preferredColorScheme=1"

pytestmark = pytest.mark.skipif(not BROWSER, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of the house task with every plot, a missed gate and a hostile item with a picture."""
    folder = tmp_path_factory.mktemp("report")
    Image.new("RGB", (40, 30), "teal").save(folder / "evidence.png")
    hostile = "<script>document.body.innerHTML='gone'</script>"
    items = [
        ItemResult(
            f"q{n}",
            {"recall_at_10": float(n > 2), "map": 0.5},
            segments={"region": "north" if n % 2 else "south"},
            wall_ms={"search": 60.0 + n, "answer": 200.0},
            detail={"question": f"{hostile} {n}", "picture_file": str(folder / "evidence.png")},
        )
        for n in range(12)
    ]
    metrics = {"recall_at_10": bootstrap([i.scores["recall_at_10"] for i in items]), "map": Estimate(0.9, 0.8, 1.0)}
    rows = {name: {"n": 6, "recall_at_10": Estimate(0.8, 0.6, 1.0)._asdict()} for name in ("north", "south")}
    plots = {"risk_coverage": [(0.5, 0.1), (1.0, 0.3)], "reliability": [(0.2, 0.1), (0.9, 0.8)], "by_hop": {"1": 0.9}}
    result = TaskResult(
        "house", "demo", 12, metrics, items, {"text": "m"}, ["visual"], "f", 1.0, 2.0,
        controls={"random_recall_at_10": Estimate(0.1, 0.0, 0.2)}, plots=plots, segments={"region": rows},
    )  # fmt: skip
    write_result(result, folder / "old.json")
    write_result(result, folder / "r.json")
    write_html([folder / "r.json"], folder / "r.html")
    return folder / "r.html"


def browse(page: Path, profile: Path, *more: str) -> str:
    command = [BROWSER, *QUIET, f"--user-data-dir={profile}", *more, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def test_the_browser_shows_all_parts_and_runs_nothing(page: Path, tmp_path: Path) -> None:
    seen = browse(page, tmp_path / "profile", "--dump-dom")
    assert seen.count("<figure>") == 6
    for told in ("Risk against coverage", "Reliability", "Recall by kind", "by region", "Latency by stage", "Trend of"):
        assert told in seen
    assert seen.count('class="item"') == 12
    assert "gates missed" in seen
    assert "<script>" not in seen
    assert not re.findall(r"(?:src|href)=\"(?!data:)", seen), "the page stands alone"


@pytest.mark.parametrize(("scheme", "bright"), [(LIGHT, True), (DARK, False)], ids=["light", "dark"])
def test_the_page_follows_the_readers_colour_scheme(page: Path, tmp_path: Path, scheme: str, bright: bool) -> None:
    target = tmp_path / "page.png"
    browse(page, tmp_path / "profile", scheme, f"--screenshot={target}")
    with Image.open(target) as drawn:
        grey = drawn.convert("L")
        low, high = grey.getextrema()
        assert high - low > 150, "text and paper can be told apart"
        assert (grey.getpixel((5, 5)) > 128) == bright
