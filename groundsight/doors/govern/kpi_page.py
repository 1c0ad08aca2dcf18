"""The page of the key figures: a card each with its trend, and the targets; no script, no address outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.doors.govern.transparency_page import nothing_yet, report_page, report_section, tabled
from groundsight.doors.view.markup import Markup, Piece, el
from groundsight.evals.charts import sparkline

if TYPE_CHECKING:
    from groundsight.doors.govern.kpi import KeyFigure, Kpi
    from groundsight.quality.targets import TargetShown


def kpi_page(kpi: Kpi) -> str:
    """Return the whole page."""
    top = el("header", el("h1", "Key figures"), el("p", f"{kpi.made:%Y-%m-%d %H:%M} UTC", class_="sub"))
    outdated = el("p", kpi.outdated, class_="nothing") if kpi.outdated else None
    figures = el("div", [_card(each) for each in kpi.figures], class_="figures")
    return report_page("Key figures", [top, outdated, figures, _targets(kpi)])


def _card(each: KeyFigure) -> Markup:
    measured = each.value is not None
    told = (f"n {each.n}{each.span}; {each.source}",) if measured else (f"{each.source}; ", el("code", each.command))
    value = el("b", each.shown, class_=None if measured else "none")
    return el("figure", el("figcaption", each.name), value, el("p", told, class_="legend"), _trend(each))


def _trend(each: KeyFigure) -> Markup | None:
    known = [value for value in each.trend if value is not None]
    if len(known) < 2:
        return None
    top = 1.0 if each.unit == "share" else max(known) or 1.0
    return Markup(sparkline(each.trend, f"{each.name} from earlier to later, last {known[-1]:.3g}", top))


def _targets(kpi: Kpi) -> Markup:
    if not kpi.targets:
        return report_section("Targets", nothing_yet("No targets: they stand in [slo] of groundsight.toml."))
    heads = ("Target", "Bound", "Measured", "Answers", "State", "Meanwhile")
    return report_section("Targets", tabled(heads, [_row(each) for each in kpi.targets]))


def _row(each: TargetShown) -> list[tuple[Piece, str | None]]:
    late = "late" if each.state == "missed" else "state"
    acts = ", ".join(f"{path} = {value}" for path, value in each.acts.items()) or "nothing"
    return [
        (each.name, None),
        (f"{each.target:g}", "number"),
        ("none" if each.measured is None else f"{each.measured:.3g}", "number"),
        (each.n, "number"),
        (el("span", each.state, class_=late), None),
        (acts, "wrap"),
    ]
