"""The published JSON schemas, as far as they use JSON Schema: what a list must have, and of which kind.

Their patterns for text are left out: they take exponential time, and what they forbid is tested by itself.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).parent.parent / "data" / "court-lists" / "schemas"

_KINDS: dict[str, type] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
}

Where = tuple[str | int, ...]


def load(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((SCHEMAS / f"{name}.json").read_bytes())
    return schema


def wrong(schema: dict[str, Any], value: Any) -> list[str]:
    """Each way in which a value breaks its schema."""
    return [f"{where}: {what}" for where, what in _wrong(schema, schema, value, ())]


def required(schema: dict[str, Any], value: Any) -> Iterator[Where]:
    """The path of everything in a value that its schema says it must have."""
    yield from _required(schema, schema, value, ())


def without(value: Any, where: Where) -> Any:
    """A copy of a value that lacks what stands there."""
    changed = copy.deepcopy(value)
    _parent(changed, where).pop(where[-1])
    return changed


def replaced(value: Any, where: Where, by: Any) -> Any:
    """A copy of a value with something else there."""
    changed = copy.deepcopy(value)
    _parent(changed, where)[where[-1]] = by
    return changed


def _parent(value: Any, where: Where) -> Any:
    for step in where[:-1]:
        value = value[step]
    return value


def _resolved(root: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    _, _, name = schema["$ref"].rpartition("/")
    return {**root["$defs"][name], **{key: value for key, value in schema.items() if key != "$ref"}}


def _wrong(
    root: dict[str, Any], schema: dict[str, Any], value: Any, where: Where
) -> Iterator[tuple[Where, str]]:
    schema = _resolved(root, schema)
    kind = _KINDS.get(schema.get("type", ""))
    if kind and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        yield where, f"is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield where, "is none of those"
    if isinstance(value, str):
        pattern = schema.get("pattern", "")
        if r"\d" in pattern and not re.fullmatch(pattern, value):
            yield where, f"is not {pattern}"
        if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            yield where, "is too short or too long"
    if isinstance(value, dict):
        yield from ((where, f"lacks {name}") for name in schema.get("required", ()) if name not in value)
    for step, below in _below(schema, value):
        yield from _wrong(root, below, value[step], (*where, step))


def _required(root: dict[str, Any], schema: dict[str, Any], value: Any, where: Where) -> Iterator[Where]:
    schema = _resolved(root, schema)
    if isinstance(value, dict):
        yield from ((*where, name) for name in schema.get("required", ()) if name in value)
    for step, below in _below(schema, value):
        yield from _required(root, below, value[step], (*where, step))


def _below(schema: dict[str, Any], value: Any) -> Iterator[tuple[str | int, dict[str, Any]]]:
    if isinstance(value, dict):
        for name, below in schema.get("properties", {}).items():
            if name in value:
                yield name, below
    elif isinstance(value, list) and "items" in schema:
        for index in range(len(value)):
            yield index, schema["items"]
