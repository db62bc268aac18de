"""Finds official examples and recordings, ours and those in folders named from outside."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from tests.azure.replay.spec import SPECS, Json, Operation, Spec

# More examples than ours, laid out in any way: every *.json below these folders is tried.
MORE = "OFFLINE_BACKUP_MORE_AZURE_SPECS"


@dataclass(frozen=True)
class Example:
    """A request with the answer that belongs to it."""

    name: str
    operation: Operation
    path: str
    version: str
    body: Any
    answers: dict[int, Any]


@dataclass(frozen=True)
class Exchange:
    """One recorded request of a real client, with the real answer."""

    name: str
    method: str
    path: str
    query: str
    body: Any
    status: int
    answer: Any


def folders() -> list[Path]:
    """Give our folder and those named in the environment."""
    named = os.environ.get(MORE, "")
    return [SPECS, *(Path(one) for one in named.split(os.pathsep) if one)]


def documents() -> Iterator[tuple[str, Json]]:
    """Read every JSON file below the folders."""
    for folder in folders():
        for path in sorted(folder.rglob("*.json")):
            try:
                document = json.loads(path.read_text("utf-8-sig"))
            except ValueError:
                continue
            if isinstance(document, dict):
                yield path.relative_to(folder).as_posix(), document


def examples(specs: list[Spec]) -> Iterator[Example]:
    """Give every example of an operation we know."""
    for name, document in documents():
        if "parameters" not in document or "responses" not in document:
            continue
        operation = _operation(name, document, specs)
        if operation is None:
            continue
        given = document["parameters"]
        path = operation.path
        for key, value in given.items():
            path = path.replace("{" + key + "}", quote(str(value), safe=""))
        if "{" in path:
            continue
        body = given.get(operation.body["name"]) if operation.body else None
        answers = {
            int(status): answer.get("body") if isinstance(answer, dict) else None
            for status, answer in document["responses"].items()
            if status.isdigit()
        }
        version = str(given.get("api-version", ""))
        yield Example(name, operation, path, version, body, answers)


def _operation(name: str, document: Json, specs: list[Spec]) -> Operation | None:
    file = name.rsplit("/", 1)[-1]
    wanted = document.get("operationId", "")
    for spec in specs:
        for operation in spec.operations:
            methods = spec.document["paths"][operation.path]
            listed = methods[operation.method].get("x-ms-examples", {})
            files = {one.get("$ref", "").rsplit("/", 1)[-1] for one in listed.values()}
            # The names of examples repeat between services; the version tells them apart.
            fits = document["parameters"].get("api-version") in spec.versions
            if fits and (operation.operation_id == wanted or (not wanted and file in files)):
                return operation
    return None


def exchanges() -> Iterator[Exchange]:
    """Give every recorded exchange."""
    for name, document in documents():
        for number, one in enumerate(document.get("interactions", ())):
            request, response = one["request"], one["response"]
            parts = urlsplit(request["uri"])
            yield Exchange(
                f"{name}#{number}",
                request["method"],
                parts.path,
                parts.query,
                request.get("body"),
                response["status"],
                response.get("body"),
            )


def bodies() -> Iterator[tuple[str, Json]]:
    """Give every job resource of a Data Box that stands anywhere in examples and recordings."""
    for name, document in documents():
        for number, body in enumerate(_jobs(document)):
            yield f"{name}:{number}", body


def _jobs(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        kind = str(value.get("type", "")).lower()
        if kind in ("microsoft.databox/jobs", "microsoft.importexport/jobs"):
            yield value
            return
        for inner in value.values():
            yield from _jobs(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _jobs(inner)
