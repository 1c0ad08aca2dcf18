"""Numbers of a sheet as it shows them; days in one form that nobody misreads."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from groundsight.ingestion.readers.office.number_format import BUILT_IN, formatted


@pytest.mark.parametrize(
    ("number", "form", "text"),
    [
        (1234, "00000", "01234"), (31.25 / 24, "[h]:mm", "31:15"), (-1990, "#,##0", "-1,990"), (0.125, "0.0%", "12.5%"),
        (-5, "0;[Red]0", "-5"), (-5, "0_);(0)", "(5)"), (1234.5, '#,##0.00\\ "€"', "1,234.50 €"), (7, '0 "kg"', "7 kg"),
        (1234.5, "[$€-407] #,##0.00", "€ 1,234.50"), (417, '"B-"00000', "B-00417"), (1_234_567, '0.0,,"M"', "1.2M"),
        (4155551234, "(000) 000-0000", "(415) 555-1234"), (2.25, "# ??/??", "2 1/4"), (0, '0;-0;"none"', "none"),
        (123456789, "0.00E+00", "1.23E+08"), (45720, "dd/mm/yyyy", "2025-03-04"), (45720, "mmm-yy", "March 2025"),
        (45720.75, "d.m.yy h:mm", "2025-03-04 18:00"), (0.75, "h:mm AM/PM", "18:00"), (59, "yyyy-mm-dd", "1900-02-28"),
        (5, ";;;", "5"), (1500, '[>=1000]0,"k";0', "2k"), (1e16, "General", "1e+16"), (0.1 + 0.2, "General", "0.3"),
        (2.5, "0", "3"),
    ],
)  # fmt: skip
def test_a_number_is_written_as_it_is_shown(number: float, form: str, text: str) -> None:
    assert formatted(number, form) == text


def test_days_may_count_from_1904() -> None:
    assert formatted(0, "yyyy-mm-dd", since_1904=True) == "1904-01-01"


FORMS = st.text('0#?.,%/E+-;[]hmsyd"\\_*@> 1', max_size=12) | st.sampled_from(list(BUILT_IN.values()))


@given(st.floats(), FORMS)
@example(number=0.0, form="/0>")
def test_any_number_under_any_format_gives_some_text(number: float, form: str) -> None:
    assert formatted(number, form)
