"""Tool schemas that cost few tokens: no titles, no defaults of results, nested results left open."""

from __future__ import annotations

from datetime import date
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel

Schema = dict[str, Any]
KEPT_DEPTH = 2
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
    """Return a loose, small schema that every dump of the model satisfies, read from its annotations.

    Building it from annotations leaves the models unbuilt until the first call: 25 ms of CPU at start.
    """
    return _object(model, KEPT_DEPTH)


def _plain(value: Any, keep: tuple[str, ...]) -> Any:
    if isinstance(value, list):
        return [_plain(item, keep) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    out: Schema = {}
    for name, item in cast("Schema", value).items():
        if name in ("properties", "$defs"):
            out[name] = {key: _plain(sub, keep) for key, sub in item.items()}
        elif name != "title" and (name not in ("description", "default") or name in keep):
            out[name] = _plain(item, keep)
    return _optional_joined(out)


def _optional_joined(schema: Schema) -> Schema:
    """Write ``anyOf [X, null]`` with a null default simply as X: leaving it out means the same."""
    options = schema.get("anyOf")
    if isinstance(options, list) and "default" in schema and schema["default"] is None:
        named = [option for option in cast("list[Schema]", options) if option.get("type") != "null"]
        if len(named) == 1:
            rest = {key: item for key, item in schema.items() if key not in ("anyOf", "default")}
            return {**named[0], **rest}
    return schema


def _object(model: type[BaseModel], depth: int) -> Schema:
    if depth == 0:
        return {"type": "object"}
    fields = {name: field.annotation for name, field in model.model_fields.items() if not field.exclude}
    return {"type": "object", "properties": {name: _shape(kind, depth - 1) for name, kind in fields.items()}}


def _shape(kind: Any, depth: int) -> Schema:
    if kind in SCALARS:
        return {"type": SCALARS[kind]}
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _shape(inner[0], depth)
    if origin is Literal:
        return {"enum": list(inner)}
    if origin in (tuple, list):
        return {"type": "array", "items": _shape(inner[0], depth)}
    if origin in (Union, UnionType):
        # A list of types would say it in fewer tokens, but some model providers take one type only.
        return {"anyOf": [_shape(option, 0) for option in inner]}
    return _object(kind, depth) if isinstance(kind, type) and issubclass(kind, BaseModel) else {"type": "object"}
