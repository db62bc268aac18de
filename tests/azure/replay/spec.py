"""Reads official specifications: which requests exist, and what their bodies may hold."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]
SPECS = Path(__file__).parent.parent / "specs"
_METHODS = ("get", "put", "post", "patch", "delete")
_LEVELS = 40  # a guard against a specification that refers to itself


@dataclass(frozen=True)
class Operation:
    """One request of a specification: its method, path and body."""

    spec: Spec
    operation_id: str
    method: str
    path: str
    pattern: re.Pattern[str]
    parameters: tuple[Json, ...]

    @property
    def name(self) -> str:
        """Name the operation among those of every service: "databox:Jobs_Get"."""
        return f"{self.spec.name}:{self.operation_id}"

    @property
    def body(self) -> Json | None:
        """Give the schema of the body, or None when the request has none."""
        found = (one for one in self.parameters if one.get("in") == "body")
        return next(found, None)

    def matches(self, method: str, path: str) -> dict[str, str] | None:
        """Give the path's values when this is the request."""
        if method.lower() != self.method:
            return None
        found = self.pattern.fullmatch(path)
        return {k: unquote(v) for k, v in found.groupdict().items()} if found else None


@dataclass
class Spec:
    """One specification file, with the versions it answers for."""

    name: str
    document: Json
    versions: frozenset[str]
    operations: list[Operation] = field(default_factory=list)

    def __post_init__(self) -> None:
        shared = self.document.get("parameters", {})
        for path, methods in self.document.get("paths", {}).items():
            for method in _METHODS:
                if method not in methods:
                    continue
                given = [*methods.get("parameters", ()), *methods[method].get("parameters", ())]
                self.operations.append(
                    Operation(
                        self,
                        methods[method]["operationId"],
                        method,
                        path,
                        _pattern(path),
                        tuple(_parameter(one, shared) for one in given),
                    )
                )

    def add(self, additions: Json) -> None:
        """Take what a later version has more: properties by definition."""
        for name, properties in additions["definitions"].items():
            definition = self.document["definitions"][name]
            definition.setdefault("properties", {}).update(properties)

    # --- what a body may hold

    def flaws(self, schema: Json, value: object, where: str = "") -> list[str]:
        """Name what a request's body must not be, each with its place."""
        return list(_Check(self.document["definitions"]).value(schema, value, where, 0))


class _Check:
    """Judges a value by a schema, the way the service's own front door does."""

    def __init__(self, definitions: Json) -> None:
        self._definitions = definitions

    def value(self, schema: Json, value: object, where: str, level: int) -> list[str]:
        if level > _LEVELS:
            return [f"{where}: too deep"]
        found, name = self._resolved(schema)
        if found is None:
            return []  # a type of another file
        schema = found
        if schema.get("readOnly"):
            return [f"{where}: read-only"]
        if value is None:
            return []
        kind = schema.get("type", "object" if "properties" in schema or name else "")
        match kind:
            case "object":
                return self._object(schema, name, value, where, level)
            case "array":
                return self._array(schema, value, where, level)
            case "":
                return []
            case _:
                return _scalar(kind, schema, value, where)

    def _resolved(self, schema: Json) -> tuple[Json | None, str]:
        name, outer = "", schema
        while "$ref" in schema:
            place = schema["$ref"]
            if not place.startswith("#/definitions/"):
                return None, ""
            name = place.rsplit("/", 1)[1]
            schema = self._definitions[name]
        if outer.get("readOnly"):
            schema = {**schema, "readOnly": True}
        return schema, name

    def _object(self, schema: Json, name: str, value: object, where: str, level: int) -> list[str]:
        if not isinstance(value, dict):
            return [f"{where}: not an object"]
        shape = self._shape(name, schema)
        flaws: list[str] = []
        if shape.discriminator:
            chosen = value.get(shape.discriminator)
            subtype = self._subtype(shape.bases, chosen)
            if chosen is None:
                flaws.append(f"{_at(where, shape.discriminator)}: missing")
            elif subtype is None:
                flaws.append(f"{_at(where, shape.discriminator)}: unknown kind {chosen!r}")
            else:
                shape = self._shape(subtype, self._definitions[subtype])
        for key, inner in value.items():
            if key in shape.properties:
                flaws += self.value(shape.properties[key], inner, _at(where, key), level + 1)
            elif isinstance(shape.more, dict):
                flaws += self.value(shape.more, inner, _at(where, key), level + 1)
            elif not shape.more and shape.properties:
                flaws.append(f"{_at(where, key)}: unknown field")
        missing = (k for k in shape.required if value.get(k) is None)
        return flaws + [f"{_at(where, key)}: missing" for key in sorted(missing)]

    def _array(self, schema: Json, value: object, where: str, level: int) -> list[str]:
        if not isinstance(value, list):
            return [f"{where}: not a list"]
        least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
        flaws = [] if least <= len(value) <= most else [f"{where}: {len(value)} items"]
        for number, inner in enumerate(value):
            flaws += self.value(schema.get("items", {}), inner, f"{where}[{number}]", level + 1)
        return flaws

    def _shape(self, name: str, schema: Json) -> _Shape:
        shape = _Shape()
        shape.take(schema, name)
        for base in schema.get("allOf", ()):
            inner, inner_name = self._resolved(base)
            if inner is not None:
                shape.join(self._shape(inner_name, inner))
        return shape

    def _subtype(self, bases: set[str], chosen: object) -> str | None:
        """Find the definition below one of the bases which this kind names."""
        for name, definition in self._definitions.items():
            if chosen not in (definition.get("x-ms-discriminator-value"), name):
                continue
            if name in bases or self._shape(name, definition).bases & bases:
                return name
        return None


@dataclass
class _Shape:
    """An object's fields with those it inherits."""

    properties: Json = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    discriminator: str = ""
    bases: set[str] = field(default_factory=set)
    more: Any = False

    def take(self, schema: Json, name: str) -> None:
        self.properties.update(schema.get("properties", {}))
        self.required |= set(schema.get("required", ()))
        self.discriminator = schema.get("discriminator", self.discriminator)
        self.more = schema.get("additionalProperties", self.more)
        if name:
            self.bases.add(name)

    def join(self, base: _Shape) -> None:
        self.properties = {**base.properties, **self.properties}
        self.required |= base.required
        self.discriminator = self.discriminator or base.discriminator
        self.bases |= base.bases
        self.more = self.more or base.more


_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
}


def _scalar(kind: str, schema: Json, value: object, where: str) -> list[str]:
    right = isinstance(value, _KINDS[kind]) and (kind == "boolean" or not isinstance(value, bool))
    if not right:
        return [f"{where}: not a {kind}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{where}: {value!r} is none of {', '.join(map(str, schema['enum']))}"]
    if isinstance(value, str):
        least, most = schema.get("minLength", 0), schema.get("maxLength", len(value))
        if not least <= len(value) <= most:
            return [f"{where}: {len(value)} characters"]
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return [f"{where}: not as {schema['pattern']}"]
    return []


def _at(where: str, key: str) -> str:
    return f"{where}.{key}" if where else key


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", path.split("?")[0])
    text = "".join(
        f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts)
    )
    return re.compile(text, re.IGNORECASE)


def _parameter(given: Json, shared: Json) -> Json:
    place = given.get("$ref", "")
    if place.startswith("#/parameters/"):
        found: Json = shared[place.rsplit("/", 1)[1]]
        return found
    return given


def path_flaws(operation: Operation, values: dict[str, str]) -> list[str]:
    """Judge the names in a path."""
    flaws = []
    for one in operation.parameters:
        if one.get("in") == "path" and one.get("type") == "string" and one["name"] in values:
            flaws += _scalar("string", one, values[one["name"]], one["name"])
    return flaws


def load(folder: Path = SPECS) -> list[Spec]:
    """Read every specification of a folder like tests/azure/specs."""
    databox = Spec(
        "databox",
        json.loads((folder / "databox/2023-12-01/databox.json").read_text("utf-8")),
        frozenset({"2023-12-01", "2025-02-01", "2025-07-01"}),
    )
    databox.add(json.loads((folder / "databox/2025-07-01/additions.json").read_text("utf-8")))
    others = {
        "importexport/2020-08-01/storageimportexport.json": ("importexport", "2020-08-01"),
        "recoveryservices/backup-2024-04-01/bms.json": ("backup", "2024-04-01"),
        "recoveryservices/vaults-2024-04-01/vaults.json": ("vaults", "2024-04-01"),
    }
    return [
        databox,
        *(
            Spec(name, json.loads((folder / file).read_text("utf-8")), frozenset({version}))
            for file, (name, version) in others.items()
        ),
    ]
