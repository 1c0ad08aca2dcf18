"""The optional language model."""
from __future__ import annotations
def open_chat(budget, watch):
    return None
