"""The page of the transparency report: style and curves inside, no script, no address outside."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING

from groundsight.doors.govern.risk_desk import FORMULA, with_number
from groundsight.doors.view.markup import Markup, Piece, el, together
from groundsight.evals.charts import sparkline
from groundsight.governance.risk import INPUTS

if TYPE_CHECKING:
    from groundsight.doors.govern.transparency import IncidentLine, Transparency

Cell = tuple[Piece, str | None]
RULES = "default-src 'none'; style-src 'unsafe-inline'"


def transparency_page(report: Transparency) -> str:
    """Return the whole page, complete with its style."""
    parts = (_top, _redaction, _consent, _answers, _refusals, _parity, _incidents, _risk, _policy, _tiers)
    return report_page("Transparency report", [part(report) for part in parts])


def report_page(title: str, content: Piece) -> str:
    """Return a page that stands alone: style inside, no script, no address outside."""
    style = "".join(files(room).joinpath(name).read_text("utf-8") for room, name in STYLES)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=RULES),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{title} - Groundsight"),
        el("style", Markup(style)),
    )
    body = el("body", el("main", content))
    return together(Markup('<!doctype html>\n<html lang="en">'), head, body, Markup("</html>\n"))


STYLES = (("groundsight.evals", "report.css"), ("groundsight.doors.govern", "transparency.css"))


def _top(report: Transparency) -> Markup:
    told = f"{report.made:%Y-%m-%d %H:%M} UTC · {report.documents} documents, {report.units} units"
    return el("header", el("h1", "Transparency report"), el("p", told, class_="sub"))


def _redaction(report: Transparency) -> Markup:
    if report.coverage is None:
        return report_section("Coverage of the redaction", nothing_yet("Nothing is indexed yet."))
    cards = [
        _card(f"{report.coverage:.2%}", "of the values found are replaced", bad=report.left > 0),
        _card(report.replaced, "values replaced"),
        _card(report.left, "values left", bad=report.left > 0),
    ]
    note = el("p", f"Measured by looking at all {report.units} stored units again.", class_="legend")
    return report_section("Coverage of the redaction", el("div", cards, class_="cards"), note)


def _consent(report: Transparency) -> Markup:
    if not report.documents:
        return report_section("Consent", nothing_yet("Nothing is indexed yet."))
    found = report.consent
    cards = [
        _card(found.over, "have ended", bad=found.over > 0),
        _card(found.soon, "end within 30 days"),
        _card(found.later, "end later"),
        _card(found.unlimited, "without a last day"),
    ]
    return report_section("Consent", el("div", cards, class_="cards"))


def _answers(report: Transparency) -> Markup:
    told = "Mean of answers and checks by day, 0 to 1"
    return _trend(report, "Grounding ratio", [day.ratio for day in report.days], told, "Nothing was checked yet.")


def _parity(report: Transparency) -> Markup:
    told = "Widest gap in the share answered, 0 to 1, by the week up to each day"
    nothing = "Too few groups of callers or questions to compare yet."
    return _trend(report, "Parity", [day.parity for day in report.days], told, nothing)


def _trend(report: Transparency, title: str, values: Sequence[float | None], told: str, nothing: str) -> Markup:
    known = [value for value in values if value is not None]
    if not known:
        return report_section(title, nothing_yet(nothing))
    first, last = report.days[0].day, report.days[-1].day
    days = f"{first}" if first == last else f"{first} to {last}"
    caption = f"{told}, {days}, last {known[-1]:.2f}"
    return report_section(title, el("figure", el("figcaption", caption), Markup(sparkline(values, caption))))


def _refusals(report: Transparency) -> Markup:
    if not report.statuses:
        return report_section("Answers and refusals", nothing_yet("Nothing was asked yet."))
    rows = [(name, number) for name, number in sorted(report.statuses.items(), key=lambda each: -each[1])]
    rows += [(f"refused by {line}", number) for line, number in report.refused_by.items()]
    return report_section(
        "Answers and refusals", tabled(("How it ended", "Answers"), [_numbered(*row) for row in rows])
    )


def _incidents(report: Transparency) -> Markup:
    if not report.incidents:
        return report_section("Incidents", nothing_yet("No incidents yet: no rule found a cause."))
    heads = ("Kind", "State", "Opened", "Due", "Owner", "Rule")
    return report_section("Incidents", tabled(heads, [_incident(each) for each in report.incidents]))


def _incident(one: IncidentLine) -> list[Cell]:
    late = el("span", " overdue", class_="late") if one.overdue else None
    return [
        (one.kind, None),
        (el("span", one.state, class_="state"), None),
        (f"{one.opened:%Y-%m-%d %H:%M}", None),
        (el("span", f"{one.due:%Y-%m-%d %H:%M}", late), None),
        (one.owner or "nobody", None),
        (", ".join(filter(None, (one.rule, one.measured, one.threshold))), "wrap"),
    ]


def _risk(report: Transparency) -> Markup:
    rows: list[list[Cell]] = [
        [
            (row.modality, None),
            (row.shown, None),
            *((with_number(each), "none" if each.value is None else None) for each in row.inputs),
        ]
        for row in report.risk
        if row.low is not None
    ]
    heads = ("Modality", "Risk", *(f"{name.capitalize()} (n)" for name in INPUTS))
    defined = [el("li", el("b", name), f": {each.definition}. From: {each.source}.") for name, each in INPUTS.items()]
    without = ", ".join(row.modality for row in report.risk if row.low is None)
    lacking = f" There is no data yet for {without}." if without else ""
    legend = f"Risk = {FORMULA}. Where an input has no data, the risk is given from best to worst.{lacking}"
    shown = tabled(heads, rows) if rows else nothing_yet("Nothing is indexed or asked yet.")
    return report_section("Risk register", shown, el("p", legend, class_="legend"), el("ul", defined, class_="defined"))


def _policy(report: Transparency) -> Markup:
    known = f"Version {report.policy_version or 'not named'}, hash {report.policy_hash}."
    if not report.policy_lines:
        return report_section("Policy", nothing_yet("No policy: nothing beside the settings is demanded."))
    rows: list[list[Cell]] = [[(name, None), (value, "wrap")] for name, value in report.policy_lines.items()]
    return report_section("Policy", el("p", known, class_="sub"), tabled(("Line", "Demands"), rows))


def _tiers(report: Transparency) -> Markup:
    answered = [_numbered(f"tier {name}", number) for name, number in report.tiers.items()]
    used = tabled(("Answered by", "Answers"), answered) if answered else nothing_yet("Nothing was asked yet.")
    models = tabled(("Setting", "Model"), [[(name, None), (value, "wrap")] for name, value in report.models.items()])
    off = f"Off or weakened: {', '.join(report.degraded)}." if report.degraded else "No lane is off."
    return report_section("Tiers and models", used, el("p", off, class_="legend"), models)


def report_section(title: str, *inside: Piece) -> Markup:
    """Return a part of a report under its title."""
    return el("section", el("h2", title), inside)


def nothing_yet(told: str) -> Markup:
    """Return what stands where there is no data."""
    return el("p", told, class_="nothing")


def _card(figure: str | int, told: str, *, bad: bool = False) -> Markup:
    return el("div", el("b", figure), el("span", told), class_="card bad" if bad else "card")


def _numbered(name: str, number: int) -> list[Cell]:
    return [(name, "wrap"), (number, "number")]


def tabled(heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Markup:
    """Return a table; one of more than two columns becomes a list of rows on a narrow screen."""
    kinds = [kind if kind == "number" else None for _, kind in rows[0]] if rows else [None] * len(heads)
    top = el("tr", [el("th", head, class_=kind) for head, kind in zip(heads, kinds, strict=True)])
    body = [
        el(
            "tr",
            [el("td", inside, class_=kind, data_head=head) for head, (inside, kind) in zip(heads, row, strict=True)],
        )
        for row in rows
    ]
    stacked = "stack" if len(heads) > 2 else None
    return el("div", el("table", el("thead", top), el("tbody", body), class_=stacked), class_="scroll")
