"""How a command line is read: whole names only; a wrong one gets the nearest and the usage of its command."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, cast

MOST_PORT = 65535
_NUMBER = re.compile(r"-\d+|-\d*\.\d+")


class Parser(argparse.ArgumentParser):
    """A parser that takes no abbreviations: a later option must not change what a script means."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def commands(self) -> dict[str, Parser]:
        """Return the parsers of its commands by name."""
        found = [action.choices for action in self._actions if action.nargs == argparse.PARSER]
        return dict(cast("dict[str, Parser]", found[0])) if found else {}

    def actions(self) -> list[argparse.Action]:
        """Return its options and words, as argparse describes them."""
        return list(self._actions)

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> Any:
        """Refuse an unknown option by name, before anything that is missing is asked for, and words too many."""
        for word in self._options_in(sys.argv[1:] if args is None else args):
            self._refuse(word)
        found, extra = super().parse_known_args(args, namespace)
        if extra:
            self.error(f"unexpected {extra[0]!r}; a question or name with spaces stands in quotes")
        return found, extra

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is None or value in action.choices:
            return
        choices = [str(each) for each in cast("Iterable[object]", action.choices)]
        near = nearest(str(value), choices)
        if near and self._subparsers is not None:
            commands = cast("dict[str, Parser]", action.choices)
            commands[near].error(f"there is no command {value!r}, did you mean {near!r}?")
        hint = f", did you mean {near!r}?" if near else ""
        raise argparse.ArgumentError(action, f"{value!r} is none of {', '.join(choices)}{hint}")

    def _options_in(self, words: Sequence[str]) -> Iterable[str]:
        """The words that stand for options of this parser, not for those of a command of it."""
        for word in words:
            if word == "--" or (self._subparsers is not None and not word.startswith("-")):
                return
            if word.startswith("-") and len(word) > 1 and " " not in word and not _NUMBER.fullmatch(word):
                yield word

    def _refuse(self, word: str) -> None:
        name, known = word.partition("=")[0], self._option_string_actions
        if name in known or (word[:2] in known and not word.startswith("--")):
            return
        if self._subparsers is not None:
            self.error(f"unknown option {name!r}; options stand behind the command")
        near = nearest(name, known)
        hint = f"did you mean {near}?" if near else "words that begin with a dash stand behind --"
        self.error(f"unknown option {name!r}; {hint}")


def port(text: str) -> int:
    """Read the number of a port; 0 takes a free one."""
    if not text.isdecimal() or int(text) > MOST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 0 to {MOST_PORT}")
    return int(text)


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known name that a word begins or resembles, empty when none is near."""
    names = list(known)
    begun = [name for name in names if name.startswith(word)] if len(word) > 2 else []
    close = difflib.get_close_matches(word.replace("_", "-"), names, n=1, cutoff=0.7)
    return (close or begun or [""])[0] if len(begun) != 1 else begun[0]
