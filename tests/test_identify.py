"""The language and script of a text, told where they can be."""

from __future__ import annotations

import pytest

from groundsight.language.identify import language_of, script_of


@pytest.mark.parametrize(
    ("text", "code"),
    [("The kiln is hot in the morning and it cools over the night.", "en"),
     ("Marie-Louise Grigorian of Saxe-Coburg was a Duchess and a player in the chess club of Yerevan.", "en"),
     ("Tá an teach mór ag an abhainn agus is é an teach atá againn a bhfuil do athair ann.", "ga"),
     ("Der Ofen ist am Morgen heiß und kühlt über Nacht ab.", "de"),
     ("Le four est chaud le matin et refroidit pendant la nuit.", "fr"),
     ("El horno está caliente por la mañana y se enfría por la noche.", "es"),
     ("התנור חם בבוקר ומתקרר במשך הלילה.", "he"), ("窯は朝は熱く、夜は冷めます。", "ja"),
     ("Kiln 12; 4.2; A7", ""), ("", "")],
)  # fmt: skip
def test_a_language_is_told_from_a_sentence_and_not_from_less(text: str, code: str) -> None:
    assert language_of(text) == code


def test_a_script_is_that_of_most_letters() -> None:
    assert [script_of(text) for text in ("Kiln 12", "печь A", "התנור", "12")] == ["LATIN", "CYRILLIC", "HEBREW", ""]
