"""Tool schemas that cost few tokens: no titles, no defaults of results, nested results left open."""

from __future__ import annotations

from typing import Any, cast

from pydantic import BaseModel

Schema = dict[str, Any]
KEPT_DEPTH = 2


def input_schema(model: type[BaseModel]) -> Schema:
    """Return the closed schema of a tool's arguments."""
    schema = _plain(model.model_json_schema(), keep=("description", "default"))
    schema.setdefault("properties", {})
    schema["additionalProperties"] = False
    return schema


def output_schema(model: type[BaseModel]) -> Schema:
    """Return a looser, much smaller schema that every dump of the model satisfies."""
    full = model.model_json_schema(mode="serialization")
    return _shallow(full, full.get("$defs", {}), KEPT_DEPTH)


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


def _shallow(schema: Schema, defs: Schema, depth: int) -> Schema:
    if "$ref" in schema:
        schema = defs[str(schema["$ref"]).rsplit("/", 1)[-1]]
    if schema.get("type") == "array":
        return {"type": "array", **({"items": _shallow(schema["items"], defs, depth)} if "items" in schema else {})}
    if "anyOf" in schema:
        return {"anyOf": [_shallow(option, defs, 0) for option in schema["anyOf"]]}
    if schema.get("type") == "object":
        return _object(schema, defs, depth)
    return {key: item for key, item in schema.items() if key in ("type", "enum")}


def _object(schema: Schema, defs: Schema, depth: int) -> Schema:
    if depth == 0 or "properties" not in schema:
        return {"type": "object"}
    shown = {name: item for name, item in schema["properties"].items() if name != "pictures"}
    return {"type": "object", "properties": {name: _shallow(item, defs, depth - 1) for name, item in shown.items()}}
