"""The libraries beneath report nothing about their use: each is told so before it loads, whatever is set around."""

from __future__ import annotations

import os

# ONNX Runtime 1.32 for Linux reports every session to its maker, the hub's client and unstructured every load.
USAGE_REPORTS_OFF = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "SCARF_NO_ANALYTICS": "true",
}


def stop_usage_reports() -> None:
    """Switch the reports off for this process and its children; nothing else of the environment changes."""
    os.environ.update(USAGE_REPORTS_OFF)
