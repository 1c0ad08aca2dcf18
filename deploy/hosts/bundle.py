"""Write what chat hosts and their galleries take, all from one source: ``python deploy/hosts/bundle.py OUT``.

OUT gets ``bundle/`` (manifest and project, which ``make bundle`` locks and packs), ``server.json`` for the registry
and ``SKILL.md``. Names, versions, tools and the words of the
instructions come from ``pyproject.toml``, the tools and the server; nothing is said twice.
"""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from pathlib import Path
from typing import Any

from groundsight.server import INSTRUCTIONS
from groundsight.tools.registry import ToolSpec, tools

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
REGISTRY_NAME = "io.github.groundsight/groundsight"
SHORT = "Search your own files and get only answers that the evidence supports."
SCHEMA = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
# The rooms of the project; tests, docs and the evaluation's sets are not needed to run it.
ROOMS = ("groundsight", "agent", "tools", "graphs", "prompts", "evals")
TAKEN = (*ROOMS, "server.py", "pyproject.toml", "constraints.txt", "README.md", "LICENSE", "NOTICE")
LEFT = ("__pycache__", "written", "house", "floors", "locales", "files", "*.pyc")
# Hosts that install before the first call bring this Python; ours runs on it and newer ones.
PYTHON = "3.12"


def manifest() -> dict[str, Any]:
    """Return the manifest of the bundle: the host runs it with uv, and the person picks folders in a dialogue."""
    serve = ["groundsight", "serve", "--watch", "--root", "${user_config.folders}"]
    return {
        "manifest_version": "0.4",
        "name": PROJECT["name"],
        "display_name": "Groundsight",
        "version": PROJECT["version"],
        "description": SHORT,
        "long_description": PROJECT["description"],
        "author": {"name": "Groundsight"},
        "license": PROJECT["license"],
        "keywords": PROJECT["keywords"],
        "server": {
            "type": "uv",
            "entry_point": "server.py",
            "mcp_config": {"command": "uv", "args": ["run", "--directory", "${__dirname}", *serve]},
        },
        "tools": [{"name": spec.name, "description": sentence(spec)} for spec in tools(writable=False)],
        "prompts_generated": True,
        "compatibility": {"platforms": ["darwin", "win32", "linux"], "runtimes": {"python": ">=3.11 <4"}},
        "user_config": {
            "folders": {
                "type": "directory",
                "title": "Folders",
                "description": "Documents and pictures in these folders are read, kept in step and searched.",
                "multiple": True,
                "required": True,
            }
        },
    }


def sentence(spec: ToolSpec) -> str:
    """Return the first sentence of a tool's description."""
    return spec.description.split(". ")[0].split("\n")[0].rstrip(".") + "."


def registry_entry() -> dict[str, Any]:
    """Return ``server.json`` of the registry: the package, and how a client starts it."""
    package = {
        "registryType": "pypi",
        "identifier": PROJECT["name"],
        "version": PROJECT["version"],
        "runtimeHint": "uvx",
        "transport": {"type": "stdio"},
        "packageArguments": [
            {"type": "positional", "value": "serve"},
            {
                "type": "named",
                "name": "--root",
                "description": "folder that may be read",
                "format": "filepath",
                "isRepeated": True,
            },
        ],
    }
    entry = {"$schema": SCHEMA, "name": REGISTRY_NAME, "title": "Groundsight", "description": SHORT}
    return entry | {"version": PROJECT["version"], "packages": [package]}


def skill() -> str:
    """Return the skill: when to reach for the tools, and the loop that the server's instructions teach."""
    lines = "\n".join(f"- `{spec.name}`: {sentence(spec)}" for spec in tools(writable=False))
    when = f"{SHORT} Use it when a question is about the person's own documents, notes, receipts, mail or pictures."
    return f"---\nname: groundsight\ndescription: {when}\n---\n\n# Groundsight\n\n{INSTRUCTIONS}\n\n{lines}\n"


def write(out: Path) -> None:
    """Write all of it; what was there before goes."""
    bundle = out / "bundle"
    shutil.rmtree(bundle, ignore_errors=True)
    bundle.mkdir(parents=True)
    for name in TAKEN:
        given = ROOT / name
        copied = bundle / name
        shutil.copytree(given, copied, ignore=shutil.ignore_patterns(*LEFT)) if given.is_dir() else shutil.copy(
            given, copied
        )
    (bundle / ".python-version").write_text(f"{PYTHON}\n")
    (bundle / "manifest.json").write_text(json.dumps(manifest(), indent=2) + "\n")
    (out / "server.json").write_text(json.dumps(registry_entry(), indent=2) + "\n")
    (out / "SKILL.md").write_text(skill())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
