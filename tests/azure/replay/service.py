"""What the replay server answers: routes and checks from the specification, faults on demand.

Answers come from the official examples; jobs that were created stay. Faults are asked for by the
test and come in the order they were asked.
"""

from __future__ import annotations

import json
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, cast
from urllib.parse import quote

from tests.azure.replay import spec as specification
from tests.azure.replay.entra import Entra
from tests.azure.replay.estate import Estate
from tests.azure.replay.examples import examples, exchanges
from tests.azure.replay.jobs import Jobs, Key, Running
from tests.azure.replay.spec import Json, Operation


class Fault(Enum):
    """What may go wrong with a request."""

    TOO_MANY = 429
    INTERNAL = 500
    UNAVAILABLE = 503
    FORBIDDEN = 403
    NOT_FOUND = 404
    CONFLICT = 409
    EXPIRED = 401  # every token counts as expired, once
    CUT = "the connection ends before the request is served"
    CUT_AFTER = "the request is served, the connection ends before the answer"
    CUT_BODY = "the connection ends in the middle of the answer"
    HANG = "no answer, as long as the server lives"
    HANG_AFTER = "the request is served, and no answer comes"
    SLOW = "the answer takes a while"
    ECHO = "the service refuses and repeats what was sent"
    NOT_JSON = "a proxy answers instead, with a page"
    GARBAGE = "an answer of success that is no JSON"
    HALF_JSON = "the request is served, and its answer ends in the middle, politely"


@dataclass
class Planned:
    pattern: re.Pattern[str]
    fault: Fault
    times: int
    retry_after_s: float | None


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    token: str
    user_agent: str


@dataclass
class Answer:
    """What goes back."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class Replay:
    """The services of one tenant. `requests` holds what arrived, but sign-in and operations."""

    def __init__(self) -> None:
        self.specs = specification.load()
        self.entra, self.estate, self.jobs = Entra(), Estate(), Jobs()
        self.requests: list[Seen] = []
        self.flaws: list[str] = []  # everything a request was refused for
        self.polls = 2  # answers of 202 before a long-running request is over
        self.poll_after_s = 0.0  # a Retry-After with them; the real service sends none
        self.page_size = 100
        self.visible_after: dict[Key, int] = {}  # GETs that still answer 404 after a create
        self.clock_off_s = 0.0
        self.on_request: Callable[[], object] = bool  # called for each fault as it comes
        self.skus: list[Json] | None = None
        self.address_verdict = "Valid"
        self.closing = threading.Event()
        self.bend: Callable[[Any], Any] | None = None  # changes each answer of success
        self.held = threading.Event()  # set when a request is held back by HANG or HANG_AFTER
        self._planned: list[Planned] = []
        self._running: dict[str, Running] = {}
        self.answers: dict[str, Any] = {}  # by the operation's name; a test may put its own
        self._lock = threading.RLock()
        self._load_answers()
        self.base = ""

    def _load_answers(self) -> None:
        """Keep one official answer for each operation, the newest version's."""
        for example in examples(self.specs):
            body = next((b for s, b in example.answers.items() if s == 200 and b), None)
            if body is not None:
                self.answers[example.operation.name] = body
        for one in exchanges():
            if one.path.endswith("/availableSkus") and one.status == 200:
                self.answers["recorded-skus"] = one.answer

    # --- what a test asks for

    def fail(
        self, where: str, fault: Fault, times: int = 1, retry_after_s: float | None = None
    ) -> None:
        """Let the next `times` requests go wrong whose "METHOD /path" holds the pattern."""
        with self._lock:
            pattern = re.compile(where, re.IGNORECASE)
            self._planned.append(Planned(pattern, fault, times, retry_after_s))

    def heal(self) -> None:
        """Forget every planned fault."""
        with self._lock:
            self._planned.clear()

    def asked(self, where: str) -> list[Seen]:
        """Give the requests whose "METHOD /path" holds the pattern."""
        pattern = re.compile(where, re.IGNORECASE)
        return [one for one in self.requests if pattern.search(f"{one.method} {one.path}")]

    def fault_for(self, what: str) -> Planned | None:
        with self._lock:
            for planned in self._planned:
                if planned.times > 0 and planned.pattern.search(what):
                    planned.times -= 1
                    return planned
        return None

    # --- answers

    def answer(self, seen: Seen, raw_path: str) -> Answer:
        """Answer one request of a management client."""
        if "api/retail/prices" in seen.path:
            found = self.estate.answer(seen.method, seen.path, seen.query)
            return Answer(*(found or (404, None)))
        if not self.entra.counts(seen.token):
            return _unauthorized(self.base)
        with self._lock:
            if "/operationresults/" in seen.path.lower():
                return self._poll(seen)
            found = self.estate.answer(seen.method, seen.path, seen.query)
            if found is not None:
                return Answer(*found)
            return self._specified(seen, raw_path)

    def _specified(self, seen: Seen, raw_path: str) -> Answer:
        version = seen.query.get("api-version", "")
        for one in self.specs:
            for operation in one.operations:
                values = operation.matches(seen.method, raw_path)
                if values is None:
                    continue
                if version not in one.versions:
                    return self._refuse("InvalidApiVersionParameter", [f"version {version!r}"])
                flaws = specification.path_flaws(operation, values)
                flaws += self._body_flaws(operation, seen.body)
                if flaws:
                    return self._refuse("InvalidRequestContent", flaws)
                return self._serve(operation, values, seen)
        return Answer(404, error("InvalidResourceType", f"{seen.method} {seen.path}"))

    def _body_flaws(self, operation: Operation, body: Any) -> list[str]:
        wanted = operation.body
        if wanted is None:
            return []
        if body is None:
            return ["body: missing"] if wanted.get("required") else []
        return operation.spec.flaws(wanted["schema"], body)

    def _refuse(self, code: str, flaws: list[str]) -> Answer:
        self.flaws += flaws
        return Answer(400, error(code, "; ".join(flaws)))

    def _serve(self, operation: Operation, values: dict[str, str], seen: Seen) -> Answer:
        service = getattr(self, f"_on_{operation.operation_id.lower()}", None)
        if service is not None and operation.spec.name == "databox":
            return cast(Answer, service(values, seen))
        if operation.name in self.answers:
            return Answer(200, self._placed(self.answers[operation.name], values))
        return Answer(404, error("ResourceNotFound", seen.path))

    def _placed(self, body: Any, values: dict[str, str]) -> Any:
        """Put the request's own names where the example has others."""
        text = json.dumps(body)
        for example, key in (
            ("YourSubscriptionId", "subscriptionId"),
            ("YourResourceGroupName", "resourceGroupName"),
            ("TestJobName1", "jobName"),
        ):
            text = text.replace(example, values.get(key, example))
        return json.loads(text)

    # --- jobs

    def _key(self, values: dict[str, str]) -> Key:
        return (
            values["subscriptionId"].lower(),
            values["resourceGroupName"].lower(),
            values["jobName"].lower(),
        )

    def _missing(self, values: dict[str, str]) -> Answer:
        text = f"The Resource 'Microsoft.DataBox/jobs/{values['jobName']}' was not found."
        return Answer(404, error("ResourceNotFound", text))

    def _on_jobs_create(self, values: dict[str, str], seen: Seen) -> Answer:
        key = self._key(values)
        try:
            self.jobs.create(key, seen.path, seen.body)
        except KeyError:
            return Answer(409, error("JobAlreadyExists", "A job of this name exists already."))
        return self._accepted(seen, seen.path)

    def _on_jobs_update(self, values: dict[str, str], seen: Seen) -> Answer:
        if self._key(values) not in self.jobs.jobs:
            return self._missing(values)
        if not self.jobs.update(self._key(values), seen.body):
            return Answer(409, error("JobShippingAddressNotEditable", "It is on its way."))
        return self._accepted(seen, seen.path)

    def _on_jobs_delete(self, values: dict[str, str], seen: Seen) -> Answer:
        if self.jobs.jobs.pop(self._key(values), None) is None:
            return Answer(204)
        return self._accepted(seen, seen.path, ends_empty=True)

    def _on_jobs_get(self, values: dict[str, str], seen: Seen) -> Answer:
        key = self._key(values)
        hidden = self.visible_after.get(key, 0)
        if hidden > 0:
            self.visible_after[key] = hidden - 1
            return self._missing(values)
        job = self.jobs.jobs.get(key)
        if job is None:
            return self._missing(values)
        return Answer(200, _expanded(job, "details" in seen.query.get("$expand", "")))

    def _on_jobs_list(self, values: dict[str, str], seen: Seen) -> Answer:
        return self._page(seen, lambda key: key[0] == values["subscriptionId"].lower())

    def _on_jobs_listbyresourcegroup(self, values: dict[str, str], seen: Seen) -> Answer:
        place = (values["subscriptionId"].lower(), values["resourceGroupName"].lower())
        return self._page(seen, lambda key: key[:2] == place)

    def _page(self, seen: Seen, wanted: Any) -> Answer:
        found = [_expanded(job, False) for key, job in self.jobs.jobs.items() if wanted(key)]
        first = int(seen.query.get("$skipToken", "0"))
        body: Json = {"value": found[first : first + self.page_size]}
        if first + self.page_size < len(found):
            version = seen.query["api-version"]
            token = f"api-version={version}&$skipToken={first + self.page_size}"
            body["nextLink"] = f"{self.base}{quote(seen.path)}?{token}"
        return Answer(200, body)

    def _on_jobs_cancel(self, values: dict[str, str], seen: Seen) -> Answer:
        key = self._key(values)
        if key not in self.jobs.jobs:
            return self._missing(values)
        if not self.jobs.cancel(key, seen.body["reason"]):
            return Answer(409, error("JobNotCancellable", "The job cannot be cancelled any more."))
        return Answer(204)

    def _on_jobs_bookshipmentpickup(self, values: dict[str, str], seen: Seen) -> Answer:
        if self._key(values) not in self.jobs.jobs:
            return self._missing(values)
        ready = seen.body["startTime"]
        return Answer(200, {"confirmationNumber": "PICKUP-0001", "readyByTime": ready})

    def _on_jobs_markdevicesshipped(self, values: dict[str, str], seen: Seen) -> Answer:
        key = self._key(values)
        if key not in self.jobs.jobs:
            return self._missing(values)
        if not self.jobs.mark_shipped(key, seen.body["deliverToDcPackageDetails"]):
            return Answer(409, error("OperationNotAllowed", "Not a job with own disks."))
        return Answer(204)

    def _on_jobs_listcredentials(self, values: dict[str, str], seen: Seen) -> Answer:
        key = self._key(values)
        return (
            Answer(200, self.jobs.credentials(key))
            if key in self.jobs.jobs
            else self._missing(values)
        )

    def _on_mitigate(self, values: dict[str, str], seen: Seen) -> Answer:
        key = self._key(values)
        job = self.jobs.jobs.get(key)
        if job is None:
            return self._missing(values)
        job["properties"]["details"]["lastMitigationActionOnJob"] = {
            "actionDateTimeInUtc": "2026-11-25T10:00:00+00:00",
            "isPerformedByCustomer": True,
            "customerResolution": seen.body.get("customerResolutionCode", "None"),
        }
        return Answer(204)

    # --- the service itself

    def _on_service_listavailableskusbyresourcegroup(
        self, values: dict[str, str], seen: Seen
    ) -> Answer:
        skus = self.skus if self.skus is not None else self.answers["recorded-skus"]["value"]
        return Answer(200, {"value": skus})

    def _on_service_validateinputs(self, values: dict[str, str], seen: Seen) -> Answer:
        return self._validated(seen)

    def _on_service_validateinputsbyresourcegroup(
        self, values: dict[str, str], seen: Seen
    ) -> Answer:
        return self._validated(seen)

    def _validated(self, seen: Seen) -> Answer:
        """Answer each single validation, in the shape of the official example."""
        kinds = [one["validationType"] for one in seen.body["individualRequestDetails"]]
        sample = self.answers["databox:Service_ValidateInputs"]["properties"][
            "individualResponseDetails"
        ]
        by_kind = {one["validationType"]: one for one in sample}
        details = []
        for kind in kinds:
            one = json.loads(json.dumps(by_kind.get(kind, {"validationType": kind})))
            if kind == "ValidateAddress":
                one["validationStatus"] = self.address_verdict
                if self.address_verdict != "Valid":
                    one["error"] = {"code": "AddressInvalid", "message": "No such street."}
            else:
                one["status"] = "Valid"
            details.append(one)
        good = self.address_verdict == "Valid"
        whole = "AllValidToProceed" if good else "InputsRevisitRequired"
        return Answer(200, {"properties": {"status": whole, "individualResponseDetails": details}})

    # --- long-running requests

    def _accepted(self, seen: Seen, resource: str, *, ends_empty: bool = False) -> Answer:
        running = Running(self.polls, resource, ends_empty)
        self._running[running.operation] = running
        return self._not_yet(self._location(running, seen))

    def _not_yet(self, place: str) -> Answer:
        headers = {"Location": place}
        if self.poll_after_s:
            headers["Retry-After"] = f"{self.poll_after_s:g}"
        return Answer(202, None, headers)

    def _location(self, running: Running, seen: Seen) -> str:
        # As recorded: signed, and another one at each poll.
        signed = "&".join(f"{name}={secrets.token_hex(8)}" for name in "tcsh")
        subscription = seen.path.split("/")[2]
        return (
            f"{self.base}/subscriptions/{subscription}/providers/Microsoft.DataBox/locations/westus"
            f"/operationResults/{running.operation}"
            f"?api-version={seen.query['api-version']}&{signed}"
        )

    def _poll(self, seen: Seen) -> Answer:
        running = self._running.get(seen.path.rsplit("/", 1)[1])
        if running is None:
            return Answer(404, error("NotFound", "no such operation"))
        running.polls -= 1
        if running.polls > 0:
            return self._not_yet(self._location(running, seen))
        if running.ends_empty:
            return Answer(204)
        # The last answer of 202 points to the resource itself.
        version = seen.query["api-version"]
        place = f"{self.base}{quote(running.resource)}?api-version={version}"
        return self._not_yet(place)


def _expanded(job: Json, details: bool) -> Json:
    """Leave the details out unless they were asked for, as the service does."""
    if details:
        return job
    return {**job, "properties": {k: v for k, v in job["properties"].items() if k != "details"}}


def error(code: str, message: str) -> Json:
    return {"error": {"code": code, "message": message}}


def _unauthorized(base: str) -> Answer:
    challenge = f'Bearer authorization_uri="{base}/common", error="invalid_token"'
    body = error("ExpiredAuthenticationToken", "The access token expiry UTC time is in the past.")
    return Answer(401, body, {"WWW-Authenticate": challenge})
