"""Tool schemas that cost few tokens: no titles, no defaults of results, nested results left open."""

from __future__ import annotations

from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel

from groundsight.tools.results import Result

Schema = dict[str, Any]
SCALARS: dict[Any, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    date: "string",
    NoneType: "null",
}


def input_schema(model: type[BaseModel]) -> Schema:
    """Return the closed schema of a tool's arguments."""
    schema = _plain(model.model_json_schema(), keep=("description", "default"))
    schema.setdefault("properties", {})
    schema["additionalProperties"] = False
    return schema


def output_schema(model: type[BaseModel]) -> Schema:
    """Return a loose, small schema that every dump of the model satisfies: its own fields, what they hold left open.

    Building it from annotations leaves the models unbuilt until the first call: 25 ms of CPU at start.
    """
    fields = {name: field.annotation for name, field in model.model_fields.items() if name not in Result.model_fields}
    shapes = {name: _shape(kind) for name, kind in fields.items()}
    return {"type": "object", "properties": {name: shape for name, shape in shapes.items() if shape}}


def _plain(value: Any, keep: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_plain(item, keep) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    out: Schema = {}
    for name, item in cast("Schema", value).items():
        if name in ("properties", "$defs"):
            out[name] = {key: _plain(sub, keep) for key, sub in item.items()}
        elif name == "title" or (name == "default" and not item):
            continue  # leaving out an argument that defaults to nothing means the same
        elif name not in ("description", "default") or name in keep:
            out[name] = _plain(item, keep)
    return _optional_joined(out)


def _optional_joined(schema: Schema) -> Schema:
    """Write ``anyOf [X, null]`` simply as X: leaving it out means the same."""
    options = schema.get("anyOf")
    if isinstance(options, list):
        named = [option for option in cast("list[Schema]", options) if option.get("type") != "null"]
        if len(named) == 1:
            rest = {key: item for key, item in schema.items() if key != "anyOf"}
            return {**named[0], **rest}
    return schema


def _shape(kind: Any) -> Schema:
    if kind in SCALARS:
        return {"type": SCALARS[kind]}
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _shape(inner[0])
    if origin is Literal:
        return {"enum": list(inner)}
    if origin in (tuple, list):
        return {"type": "array"}
    # Options are left open: a list of types is refused by some model providers, and naming each costs tokens.
    return {} if origin in (Union, UnionType) else {"type": "object"}
