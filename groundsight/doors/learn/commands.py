"""The commands ``train`` and ``models eval|promote|rollback|diff``, with their options."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from groundsight.errors import InvalidArgument

if TYPE_CHECKING:
    from groundsight.models.store import Active, Card
    from groundsight.settings import Settings

FORMS = ("stacking", "early", "gated", "cross_attention")
RANKERS = ("stacking", "early")
LEARNERS = ("fuser", "reranker", "projection", "adapter", "picture_adapter")
UNUSED = 1


def add_train(command: argparse.ArgumentParser) -> None:
    """Declare the options of ``train``."""
    command.add_argument("kind", choices=LEARNERS, help="what is to learn")
    command.add_argument(
        "--from", dest="source", required=True, metavar="JUDGED",
        help="file of judged lines, or review: what was judged here, or clicks: what was opened",
    )  # fmt: skip
    command.add_argument("--form", choices=FORMS, help="kind of net (default gated; reranker: early)")
    command.add_argument("--seed", type=int, default=0, help="the same seed gives the same bytes (default 0)")
    command.add_argument("--epochs", type=int, default=30, help="rounds over what was judged (default 30)")
    command.add_argument("--held-out", type=float, default=0.4, metavar="SHARE", help="for measuring (default 0.4)")
    command.add_argument("--bits", type=int, choices=(4, 8, 32), default=32, help="adapter: of the weights beneath")
    command.add_argument("--budget", type=float, metavar="SECONDS", help="stop then; the same command goes on")


def add_models(command: argparse.ArgumentParser) -> None:
    """Declare the options of ``models``."""
    actions = ("list", "add", "verify", "eval", "promote", "rollback", "diff")
    command.add_argument("action", choices=actions, help="what to do")
    command.add_argument(
        "source", nargs="?", default="",
        help="add: the model's folder, or with --hub its id there; eval, promote, diff: a version, or to measure and "
        "promote another text encoder what models.text would say; rollback: its kind",
    )  # fmt: skip
    command.add_argument("--hub", action="store_true", help="add: fetch it from the hub")
    command.add_argument("--from", dest="judged", default="", metavar="JUDGED", help="eval, promote: measure by these")
    command.add_argument(
        "--with", dest="other", default="", metavar="ID", help="diff: another version (default: its parent)"
    )
    command.add_argument("--force", default="", metavar="WHY", help="promote one that is not better, and say why")


def run_train(settings: Settings, options: argparse.Namespace) -> int:
    """Train, print the card, and return 1 where the version is not better than what it was compared with."""
    from groundsight.doors.cli_show import Bar
    from groundsight.doors.learn.train import Training, train
    from groundsight.doors.terminal.call import interruptible
    from groundsight.models.lora import require_whole
    from groundsight.suite import local_principal
    from groundsight.tracing import Watch

    require_whole(options.bits)
    form = options.form or ("gated" if options.kind == "fuser" else "early")
    if options.kind == "reranker" and form not in RANKERS:
        raise InvalidArgument("a re-ranker has no channels", which=form, next_step="use --form stacking or early")
    if options.epochs < 1 or not 0.0 < options.held_out < 1.0:
        raise InvalidArgument("out of range", which="--epochs or --held-out", limit="1 or more; between 0 and 1")
    order = Training(options.kind, options.source, form, options.seed, options.epochs, options.held_out)
    bar = Bar()
    watch = Watch(bar.step, seconds=options.budget, limit="--budget")
    with interruptible(watch), bar:
        card = train(settings, local_principal(settings), order, watch)
    return _shown(card.model_dump(mode="json"), told_card(card), options, card.verdict == "better")


def run_version(settings: Settings, options: argparse.Namespace) -> int:
    """Measure, promote, take back or compare versions; 1 where a version is not better or nothing changed."""
    from groundsight.doors.cli_show import Bar
    from groundsight.doors.learn import promote
    from groundsight.doors.terminal.call import interruptible
    from groundsight.models.store import card_named
    from groundsight.suite import local_principal
    from groundsight.tracing import Watch

    who, home, bar = local_principal(settings), settings.home, Bar()
    watch = Watch(bar.step)
    if options.action == "rollback":
        now = promote.back(settings, who, options.source, watch)
        told = f"{options.source}: {now.id or 'what the settings name'} is in use"
        return _shown(now.model_dump(mode="json"), told, options)
    is_encoder = options.source == "minilm" or ":" in options.source
    card = (
        promote.encoder_card(settings, options.source, options.judged)
        if is_encoder
        else card_named(home, options.source)
    )
    if options.action == "diff":
        lines = promote.version_gap(home, card, options.other)
        return _shown(lines, "\n".join(f"{name}: {one}" for name, one in lines.items()), options)
    with interruptible(watch), bar:
        fresh = promote.measured(settings, who, card, options.judged, watch)
        if options.action == "promote":
            now = promote.promoted(settings, who, fresh, options.force.strip(), watch)
            return _shown(now.model_dump(mode="json"), _in_use(settings, fresh, now), options)
    return _shown(fresh.model_dump(mode="json"), told_card(fresh), options, fresh.verdict == "better")


def told_card(card: Card) -> str:
    """Say what a version is and how it fares."""
    head = (
        f"{card.kind} {card.id}: {card.form}, seed {card.seed}, {card.trained} queries learnt, {card.held_out} held out"
    )
    figures = [
        f"  {name}: {one.after:.3f} after {one.before:.3f}, difference {one.low:+.3f} to {one.high:+.3f}: {one.verdict}"
        for name, one in card.metrics.items()
    ]
    judged = {"better": "better than", "worse": "worse than", "undecided": "not surely better than"}[card.verdict]
    return "\n".join([head, *figures, f"  {judged} {card.parent}; made {card.created} in {card.seconds:g} s of CPU"])


def _in_use(settings: Settings, card: Card, now: Active) -> str:
    wanted = {
        "fuser": (settings.search.fusion, "search.fusion", card.form),
        "reranker": (settings.models.rerank, "models.rerank", "trained"),
    }
    is_now, name, value = wanted.get(card.kind, ("", "", ""))
    setting, on, forced = f"{name} = '{value}'", is_now == value, f"\n  forced: {now.why}" if now.forced else ""
    return f"{told_card(card)}\n  in use now{'' if on else f' where {setting} is set'}{forced}"


def _shown(data: dict[str, Any], text: str, options: argparse.Namespace, good: bool = True) -> int:
    from groundsight.doors.cli_show import say, say_json

    say_json(data) if options.json else say(text)
    return 0 if good else UNUSED
