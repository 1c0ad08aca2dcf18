"""Is something asked at all? A bare word is met by any passage that holds it, and would be answered by whichever."""

from __future__ import annotations

from groundsight.agent.question import Asked
from groundsight.computing.words import degree
from groundsight.language.facts import read_facts
from groundsight.language.sayings import saying
from groundsight.language.stems import word_list


def asks_nothing(asked: Asked) -> str:
    """Say why a question asks nothing, empty when it asks something.

    It asks by a question word, by a verb, by naming one thing (a name, an identifier, a quoted phrase), or by a topic
    of two words. How long or how many names no thing. Scripts without capitals may run their words together: what they
    ask is not told here.
    """
    if not [need for need in asked.needs if need.hard or not degree(need.shown)]:
        return saying("nothing_named", asked.language)
    asks = bool(read_facts(asked.text).all_words & word_list("asking_words.txt"))
    topic = [need for need in asked.needs if need.kind != "number"]
    if asks or len(topic) > 1 or asked.of("quoted", "id", "name") or _caseless(asked.text):
        return ""
    return f'The question names "{asked.text.strip(" ?!.")}" but asks nothing of it: ask a whole question.'


def _caseless(text: str) -> bool:
    return any(char.isalpha() and char.lower() == char.upper() for char in text)
