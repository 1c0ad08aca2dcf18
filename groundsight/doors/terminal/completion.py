"""``groundsight completion SHELL``: a script for the shell, written from the commands that the parser knows."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from groundsight.doors.cli_options import build_parser
from groundsight.doors.cli_show import say

if TYPE_CHECKING:
    from argparse import Action

    from groundsight.doors.usage import Parser

Shell = Literal["bash", "zsh", "fish"]
BASH = """\
_groundsight() {{
    local now="${{COMP_WORDS[COMP_CWORD]}}" known=""
    if [ "$COMP_CWORD" = 1 ]; then
        known="{commands}"
    else
        case "${{COMP_WORDS[1]}} ${{COMP_WORDS[COMP_CWORD-1]}} $now" in
{cases}
        esac
    fi
    COMPREPLY=($(compgen -W "$known" -- "$now"))
}}
complete -o default -F _groundsight groundsight
"""
ZSH = """\
#compdef groundsight
_groundsight() {{
    local -a known
    if (( CURRENT == 2 )); then
        known=({commands})
        _describe command known
        return
    fi
    case "$words[2] $words[CURRENT-1] $words[CURRENT]" in
{cases}
    esac
    if [[ "$words[CURRENT]" == -* ]]; then
        _describe -o option known
    elif (( $#known )); then
        _describe value known
    else
        _files
    fi
}}
if [ "$funcstack[1]" = _groundsight ]; then _groundsight; else compdef _groundsight groundsight; fi
"""


def print_script(shell: Shell) -> int:
    """Print the script for a shell; files are completed wherever nothing else is known."""
    say(script(shell, all_commands()).rstrip())
    return 0


def all_commands() -> dict[str, Parser]:
    """Return the parser of each command, that of the evaluations as well."""
    from groundsight.evals.run import add_arguments

    commands = build_parser().commands()
    add_arguments(commands["eval"])
    return commands


def script(shell: Shell, commands: dict[str, Parser]) -> str:
    """Return what makes a shell complete these commands, their options and the values that are chosen from a list."""
    match shell:
        case "bash":
            cases = [line for name, each in commands.items() for line in _cases(name, each, _plain, "known={}")]
            return BASH.format(commands=" ".join(commands), cases="\n".join(cases))
        case "zsh":
            cases = [line for name, each in commands.items() for line in _cases(name, each, _described, "known=({})")]
            told = _described([(name, each.description or "") for name, each in commands.items()])
            return ZSH.format(commands=told, cases="\n".join(cases))
        case "fish":
            return "\n".join(line for name, each in commands.items() for line in _fish(name, each)) + "\n"


Told = Sequence[tuple[str, str]]


def _cases(name: str, command: Parser, written: Callable[[Told], str], given: str) -> Iterator[str]:
    """What may stand behind a command: the value of the option before, an option, or a word from a list."""
    words = [(str(each), "") for action in command.actions() if not action.option_strings for each in _values(action)]
    told = [(option, _help(action)) for action in command.actions() for option in action.option_strings]
    for action in command.actions():
        values = [(str(each), "") for each in _values(action)]
        # Without words to choose from, files are completed anyway.
        if action.option_strings and action.nargs != 0 and (values or words):
            before = "|".join(f"{shlex.quote(f'{name} {option} ')}*" for option in action.option_strings)
            yield f"            {before}) {given.format(written(values))} ;;"
    yield f"            {shlex.quote(f'{name} ')}*' -'*) {given.format(written(told))} ;;"
    if words:
        yield f"            {shlex.quote(f'{name} ')}*) {given.format(written(words))} ;;"


def _plain(words: Told) -> str:
    return shlex.quote(" ".join(word for word, _ in words))


def _described(words: Told) -> str:
    return " ".join(shlex.quote(f"{word}:{told}" if told else word) for word, told in words)


def _fish(name: str, command: Parser) -> Iterator[str]:
    about = _quoted(command.description or "")
    yield f"complete -c groundsight -n __fish_use_subcommand -f -a {name} -d {about}"
    here = f"complete -c groundsight -n '__fish_seen_subcommand_from {name}'"
    for action in command.actions():
        names = " ".join(
            f"-{'l' if each.startswith('--') else 's'} {each.lstrip('-')}" for each in action.option_strings
        )
        values = " ".join(map(str, _values(action)))
        takes = f" -x -a {_quoted(values)}" if values else " -r" if action.nargs != 0 else ""
        if names:
            yield f"{here} {names}{takes} -d {_quoted(_help(action))}"
        elif values:
            yield f"{here} -f -a {_quoted(values)}"


def _values(action: Action) -> Sequence[object]:
    return list(action.choices or ())


def _help(action: Action) -> str:
    return action.help or ""


def _quoted(text: str) -> str:
    """Quote a text as fish does, which knows no other way to hold a quote than a backslash."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
