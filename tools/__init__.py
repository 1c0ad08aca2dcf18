"""What a model may call: one gate, and one plain function a file whose signature is the whole contract."""

from importlib.util import find_spec

KINDS = ("text", "table", "figure", "image", "page", "audio", "video")


def kinds_made() -> tuple[str, ...]:
    """Return the kinds of units that this installation can make: clips need an extra; subtitles alone are ``audio``."""
    return KINDS if find_spec("av") else KINDS[:-1]
