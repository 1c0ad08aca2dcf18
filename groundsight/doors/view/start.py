"""``groundsight view``: serve the pages on this machine until Ctrl-C, and say at which address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.doors.listen import Listener
from groundsight.doors.view.desk import Desk
from groundsight.doors.view.guard import Guard
from groundsight.doors.view.routes import application

if TYPE_CHECKING:
    import argparse

    from groundsight.settings import Settings

LOOPBACK = "127.0.0.1"
ROOM = 64 * 1024  # for the words beside a picture, and the lines between the parts of a form


def view(settings: Settings, options: argparse.Namespace) -> int:
    """Serve until stopped; whatever the settings of other doors say, only this machine is listened to.

    Raises:
        ConfigError: the port is taken.
    """
    from groundsight.suite import open_suite

    own = {"host": LOOPBACK, "port": options.port, "proxies": (), "metrics_port": None}
    with open_suite(settings) as suite:
        guard = Guard(application(Desk(suite)), settings.limits.picture_bytes + ROOM)
        listener = Listener(guard, settings.server.model_copy(update=own))
        listener.run(f"/?token={guard.token}")
    return 0
