"""UiPath Orchestrator behind the port (WebApi 16, cloud and on-premises).

What its documentation and description say and this adapter rests on:

* `BulkAddQueueItems` answers 200 also when single items failed: `failedItems` names them by their place.
* A reference the queue has seen is refused (`DuplicateReference`, 1016, HTTP 409): it was handed over before.
* Items are followed by `startswith(Reference, …)`; `$top` is at most 1,000, a filter has at most 100 expressions,
  and the cloud takes 100 such reads a minute from each tenant.
* An automatic or manual retry makes a new item with the same reference; the one with the highest id counts.
* Every call in a folder carries the folder's id. Errors are told apart by `errorCode`, not by HTTP status.
"""

import base64
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from kkassist.domain.batch import RowState
from kkassist.domain.errors import OutOfReach, Refused
from kkassist.domain.language import say
from kkassist.remote.http import Connection, OutcomeUnknown, Refusal
from kkassist.remote.robots.port import (
    Capabilities,
    Item,
    ItemEvent,
    ItemOutcome,
    Job,
    JobState,
    Outcome,
    QueueFacts,
    RowUpdate,
)

SYSTEM: Final = "robots"
BULK: Final = 1_000
PAGE: Final = 1_000
READS_A_MINUTE: Final = 80
"""Ours; the cloud allows a tenant 100, and a colleague may be following too."""
FILTER_LENGTH: Final = 1_200
"""Characters of a filter before encoding, so that the address stays below IIS' 2,048."""
FILTER_EXPRESSIONS: Final = 90
ALREADY_THERE: Final = frozenset({"DuplicateReference", "1016"})
FOLDER_ERRORS: Final = frozenset({"1100", "1101"})
NOT_FOUND: Final = "1002"
ITEM_FIELDS: Final = (
    "Id,Reference,Status,ReviewStatus,ProcessingException,ProcessingExceptionType,Output,OutputData,"
    "StartProcessing,EndProcessing,RetryNumber,AncestorId,RowVersion,CreationTime,Robot"
)
OPEN_JOB_STATES: Final = ("Pending", "Running", "Resumed", "Suspended")
_JOB_STATES: Final = {
    "Pending": JobState.WAITING,
    "Suspended": JobState.WAITING,
    "Running": JobState.RUNNING,
    "Resumed": JobState.RUNNING,
    "Stopping": JobState.RUNNING,
    "Terminating": JobState.RUNNING,
    "Successful": JobState.DONE,
    "Faulted": JobState.STANDING,
    "Stopped": JobState.STANDING,
}

Dto = Mapping[str, Any]
"""A decoded object of the Orchestrator's; every value is checked where it is used."""


class ReadBudget:
    """At most so many reads in any minute, shared by all who use one adapter."""

    def __init__(self, reads_a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = reads_a_minute
        self._clock = clock
        self._lock = threading.Lock()
        self._taken: deque[float] = deque()

    def take(self) -> None:
        """Counts a read, or raises `OutOfReach` with the seconds until there is room again."""
        with self._lock:
            now = self._clock()
            while self._taken and now - self._taken[0] >= 60:
                self._taken.popleft()
            if len(self._taken) >= self._limit:
                raise OutOfReach(
                    say("Robotplatformen må ikke spørges oftere lige nu. Der spørges igen om lidt."),
                    system=SYSTEM,
                    retry_after_s=60 - (now - self._taken[0]),
                )
            self._taken.append(now)


class Orchestrator:
    """The adapter. Safe to use from several threads."""

    capabilities = Capabilities("UiPath Orchestrator", BULK, withdraw=True, stop=True, history=True)

    def __init__(self, connection: Connection, folder: str, budget: ReadBudget | None = None) -> None:
        """`connection`'s base URL is the tenant's (`…/orchestrator_` in the cloud); `folder` its name or path."""
        self._connection = connection
        self._folder = folder
        self._budget = budget or ReadBudget(READS_A_MINUTE)
        self._folder_id = ""
        self._queue_ids: dict[str, tuple[int, QueueFacts]] = {}
        self._release_keys: dict[str, str] = {}

    # The port

    def queue(self, name: str) -> QueueFacts:
        return self._queue(name)[1]

    def hand_over(self, queue: str, items: Sequence[Item]) -> Sequence[ItemOutcome]:
        if len(items) > BULK:
            raise ValueError(f"{len(items)} items in one hand-over; at most {BULK}")
        body = {
            "queueName": queue,
            "commitType": "ProcessAllIndependently",
            "queueItems": [
                {
                    "Name": queue,
                    "Priority": "Normal",
                    "Reference": one.reference,
                    "SpecificContent": dict(one.content),
                }
                for one in items
            ],
        }
        try:
            answer = self._post("/odata/Queues/UiPathODataSvc.BulkAddQueueItems", body)
        except OutcomeUnknown:
            return [ItemOutcome(one.reference, Outcome.UNKNOWN) for one in items]
        except Refusal as refusal:
            if len(items) == 1 and (refusal.status == 409 or _error_code(refusal) in ALREADY_THERE):
                return [ItemOutcome(items[0].reference, Outcome.ALREADY_THERE)]
            raise self._refused(refusal) from refusal
        return _outcomes(items, answer)

    def find(self, queue: str, references: Sequence[str]) -> Mapping[str, RowUpdate]:
        return {reference: _update(dto) for reference, dto in self._newest(queue, references).items()}

    def follow(self, queue: str, prefix: str, since: datetime | None) -> Iterator[RowUpdate]:
        wanted = f"startswith(Reference,{_literal(prefix)})"
        if since is not None:
            stamp = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            wanted += f" and (StartProcessing ge {stamp} or EndProcessing ge {stamp})"
        newest: dict[str, Dto] = {}
        for dto in self._items(queue, wanted):
            newest[str(dto.get("Reference") or "")] = dto
        return (_update(dto) for dto in newest.values())

    def start_job(self, release: str, arguments: Mapping[str, str], reference: str) -> Job:
        running = self._open_job(reference)
        if running is not None:
            return running
        start = {
            "ReleaseKey": self._release_key(release),
            "Strategy": "ModernJobsCount",
            "JobsCount": 1,
            "RuntimeType": "Unattended",
            "InputArguments": json.dumps(dict(arguments), ensure_ascii=False),
            "Reference": reference,
        }
        try:
            answer = self._post("/odata/Jobs/UiPath.Server.Configuration.OData.StartJobs", {"startInfo": start})
        except Refusal as refusal:
            raise self._refused(refusal) from refusal
        jobs = _values(answer)
        if not jobs:
            raise OutOfReach(say("Robotplatformen startede ikke robotten. Prøv igen om lidt."), system=SYSTEM)
        return _job(jobs[0])

    def job(self, key: str) -> Job:
        self._budget.take()
        return _job(self._get(f"/odata/Jobs({int(key)})", {}))

    def stop_job(self, key: str) -> None:
        path = f"/odata/Jobs({int(key)})/UiPath.Server.Configuration.OData.StopJob"
        try:
            self._post(path, {"strategy": "SoftStop"})
        except Refusal as refusal:
            if self.job(key).state in {JobState.DONE, JobState.STANDING}:
                return
            raise self._refused(refusal) from refusal

    def withdraw(self, queue: str, references: Sequence[str]) -> frozenset[str]:
        taken_back: set[str] = set()
        for chunk in _chunks(references, BULK):
            there = self._newest(queue, chunk)
            taken_back |= {one for one in chunk if one not in there or there[one].get("Status") == "Deleted"}
            new = {reference: dto for reference, dto in there.items() if dto.get("Status") == "New"}
            if new:
                taken_back |= self._delete(queue, new)
        return frozenset(taken_back)

    def close_attempt(self, queue: str, references: Sequence[str]) -> None:
        for chunk in _chunks(references, BULK):
            ended = [
                one for one in self._newest(queue, chunk).values() if one.get("Status") in {"Failed", "Abandoned"}
            ]
            waiting = [one for one in ended if one.get("ReviewStatus") in {None, "None", "InReview"}]
            if not waiting:
                continue
            body = {"queueItems": [_version(one) for one in waiting], "status": "Verified"}
            try:
                self._post("/odata/QueueItems/UiPathODataSvc.SetItemReviewStatus", body)
            except (Refusal, OutcomeUnknown):
                # The user may lack the right to review. The ledger still asks for the item before it sends another.
                return

    def history(self, queue: str, reference: str) -> Sequence[ItemEvent]:
        item = self._newest(queue, [reference]).get(reference)
        if item is None:
            return ()
        path = (
            "/odata/QueueItemEvents/UiPath.Server.Configuration.OData.GetQueueItemEventsHistory"
            f"(queueItemId={int(item['Id'])})"
        )
        events = _values(self._get(path, {"$orderby": "Id"}))
        return [_event(one) for one in events]

    # Items

    def _items(self, queue: str, wanted: str) -> Iterator[Dto]:
        """Every item of the queue that fits, by rising id; pages go on from the last id, so nothing is skipped."""
        queue_id = self._queue(queue)[0]
        after = 0
        while True:
            past = f" and Id gt {after}" if after else ""
            self._budget.take()
            page = _values(
                self._get(
                    "/odata/QueueItems",
                    {
                        "$filter": f"QueueDefinitionId eq {queue_id} and {wanted}{past}",
                        "$select": ITEM_FIELDS,
                        "$expand": "Robot",
                        "$orderby": "Id",
                        "$top": str(PAGE),
                    },
                )
            )
            yield from page
            if not page:
                return
            last = max(int(one["Id"]) for one in page)
            if len(page) < PAGE or last <= after:
                return
            after = last

    def _newest(self, queue: str, references: Sequence[str]) -> dict[str, Dto]:
        wanted = set(references)
        newest: dict[str, Dto] = {}
        for condition in _conditions(references):
            for dto in self._items(queue, condition):
                reference = str(dto.get("Reference") or "")
                if reference in wanted and int(dto["Id"]) >= int(newest.get(reference, {"Id": 0})["Id"]):
                    newest[reference] = dto
        return newest

    def _delete(self, queue: str, new: Mapping[str, Dto]) -> set[str]:
        body = {"queueItems": [_version(one) for one in new.values()]}
        try:
            answer = self._post("/odata/QueueItems/UiPathODataSvc.DeleteBulk", body)
        except Refusal as refusal:
            raise self._refused(refusal) from refusal
        except OutcomeUnknown:
            now = self._newest(queue, list(new))
            return {one for one in new if one not in now or now[one].get("Status") == "Deleted"}
        failed = {int(one) for one in _either(answer, "failedItems", "FailedItems") or ()}
        return {reference for reference, dto in new.items() if int(dto["Id"]) not in failed}

    # Names to ids

    def _queue(self, name: str) -> tuple[int, QueueFacts]:
        if name not in self._queue_ids:
            found = _values(self._get("/odata/QueueDefinitions", {"$filter": f"Name eq {_literal(name)}"}))
            if not found:
                raise Refused(
                    say(
                        "Robotkøen {queue} findes ikke i mappen {folder}. Ret køens navn i indstillingerne, "
                        "eller bed robotteamet oprette den.",
                        queue=name,
                        folder=self._folder,
                    )
                )
            facts = QueueFacts(name, unique_references=found[0].get("EnforceUniqueReference") is True)
            self._queue_ids[name] = (int(found[0]["Id"]), facts)
        return self._queue_ids[name]

    def _release_key(self, name: str) -> str:
        if name not in self._release_keys:
            found = _values(self._get("/odata/Releases", {"$filter": f"Name eq {_literal(name)}"}))
            if not found:
                raise Refused(
                    say(
                        "Robotten {release} findes ikke i mappen {folder}. Ret robottens navn i indstillingerne, "
                        "eller bed robotteamet udgive den.",
                        release=name,
                        folder=self._folder,
                    )
                )
            self._release_keys[name] = str(found[0]["Key"])
        return self._release_keys[name]

    def _open_job(self, reference: str) -> Job | None:
        states = " or ".join(f"State eq '{state}'" for state in OPEN_JOB_STATES)
        self._budget.take()
        query = {"$filter": f"Reference eq {_literal(reference)} and ({states})", "$top": "1"}
        found = _values(self._get("/odata/Jobs", query))
        return _job(found[0]) if found else None

    def _in_folder(self) -> dict[str, str]:
        if not self._folder_id:
            name = _literal(self._folder)
            query = {"$filter": f"FullyQualifiedName eq {name} or DisplayName eq {name}"}
            try:
                found = _values(_decoded(self._connection.send("GET", "/odata/Folders", params=query).body))
            except Refusal as refusal:
                if refusal.status != 403:
                    raise self._refused(refusal) from refusal
                # Without the right to list folders, the path names the folder just as well.
                path = base64.b64encode(self._folder.encode("utf-16-le")).decode()
                return {"X-UIPATH-FolderPath-Encoded": path}
            exact = [one for one in found if one.get("FullyQualifiedName") == self._folder] or found
            if not exact:
                raise Refused(
                    say(
                        "Mappen {folder} findes ikke på robotplatformen, eller du har ikke adgang til den.",
                        folder=self._folder,
                    )
                )
            self._folder_id = str(exact[0]["Id"])
        return {"X-UIPATH-OrganizationUnitId": self._folder_id}

    # The wire

    def _get(self, path: str, params: Mapping[str, str]) -> Dto:
        try:
            answer = self._connection.send("GET", path, params=dict(params), headers=self._in_folder())
        except Refusal as refusal:
            raise self._refused(refusal) from refusal
        return _decoded(answer.body)

    def _post(self, path: str, body: Mapping[str, Any]) -> Dto:
        answer = self._connection.send("POST", path, json=dict(body), headers=self._in_folder())
        return _decoded(answer.body) if answer.body.strip() else {}

    def _refused(self, refusal: Refusal) -> Refused:
        code = _error_code(refusal)
        if code in FOLDER_ERRORS:
            self._folder_id = ""
            sentence = say(
                "Robotplatformen giver ikke adgang til mappen {folder}. Bed robotteamet om adgang.",
                folder=self._folder,
            )
        elif refusal.status == 403:
            sentence = say(
                "Robotplatformen siger, at du mangler en rettighed: {words}",
                words=refusal.detail or refusal.message,
            )
        else:
            if code == NOT_FOUND:
                self._queue_ids.clear()
                self._release_keys.clear()
            sentence = say(
                "Robotplatformen afviste: {words}", words=refusal.message or refusal.detail or str(refusal)
            )
        return Refused(sentence, log_detail=f"HTTP {refusal.status}, errorCode {code}")


# Reading what the Orchestrator says


def _decoded(body: bytes) -> Dto:
    try:
        value = json.loads(body)
    except ValueError as error:
        raise OutOfReach(say("Robotplatformen svarede noget, der ikke kan læses."), system=SYSTEM) from error
    if not isinstance(value, dict):
        raise OutOfReach(say("Robotplatformen svarede noget, der ikke kan læses."), system=SYSTEM)
    return value


def _values(answer: Dto) -> Sequence[Dto]:
    found = answer.get("value")
    if not isinstance(found, list):
        raise OutOfReach(say("Robotplatformen svarede noget, der ikke kan læses."), system=SYSTEM)
    return found


def _either(answer: Dto, *names: str) -> Any:
    return next((answer[name] for name in names if answer.get(name) is not None), None)


def _outcomes(items: Sequence[Item], answer: Dto) -> list[ItemOutcome]:
    failed = {int(one.get("Ordinal") or 0): one for one in _either(answer, "failedItems", "FailedItems") or ()}
    if not failed and _either(answer, "success", "Success") is False:
        # Not taken, and not said which: the caller looks each one up.
        return [ItemOutcome(one.reference, Outcome.UNKNOWN) for one in items]
    return [_outcome(item, failed.get(place)) for place, item in enumerate(items)]


def _outcome(item: Item, failed: Dto | None) -> ItemOutcome:
    if failed is None:
        return ItemOutcome(item.reference, Outcome.ACCEPTED)
    code, text = str(failed.get("ErrorCode") or ""), str(failed.get("ErrorMessage") or "")
    if code in ALREADY_THERE:
        return ItemOutcome(item.reference, Outcome.ALREADY_THERE, code, text)
    return ItemOutcome(item.reference, Outcome.REFUSED, code, text or code)


def _update(dto: Dto) -> RowUpdate:
    state, message = _state(dto)
    return RowUpdate(
        reference=str(dto.get("Reference") or ""),
        state=state,
        message=message,
        robot=str((dto.get("Robot") or {}).get("Name") or ""),
        external_id=str(dto.get("Id") or ""),
        evidence=_evidence(dto) if state is RowState.DONE else "",
        started_at=_instant(dto.get("StartProcessing")),
        finished_at=_instant(dto.get("EndProcessing")),
    )


_STATES: Final = {
    "New": RowState.QUEUED,
    "InProgress": RowState.RUNNING,
    "Successful": RowState.DONE,
    "Retried": RowState.RUNNING,
    "Deleted": RowState.CANCELLED,
}


def _state(dto: Dto) -> tuple[RowState, str]:
    """The ledger's state and the words that go with it. What the platform lets go of without an answer is unknown."""
    status = str(dto.get("Status") or "")
    if status == "Failed":
        reason, kind = _exception(dto)
        if kind == "BusinessException":
            return RowState.REFUSED, reason or say("Robotten afviste rækken uden at sige hvorfor.")
        return RowState.FAILED, reason or say("Robotten fejlede uden at sige hvorfor.")
    words = {
        "Retried": say("Robotten prøver rækken igen."),
        "Deleted": say("Rækken blev taget ud af robotkøen."),
        "Abandoned": say("Robotten slap rækken uden svar. Ukendt – tjek i OPUS."),
    }
    if status in _STATES:
        return _STATES[status], words.get(status, "")
    other = say("Robotplatformen siger {status}. Ukendt – tjek i OPUS.", status=status)
    return RowState.UNKNOWN, words.get(status, other)


def _exception(dto: Dto) -> tuple[str, str]:
    exception = dto.get("ProcessingException") or {}
    kind = str(exception.get("Type") or dto.get("ProcessingExceptionType") or "")
    return str(exception.get("Reason") or "").strip(), kind


def _evidence(dto: Dto) -> str:
    output = dto.get("Output") or {}
    if not output and dto.get("OutputData"):
        try:
            data = json.loads(str(dto["OutputData"]))
        except ValueError:
            return str(dto["OutputData"])[:500]
        output = data.get("DynamicProperties", data) if isinstance(data, dict) else {}
    shown = {name: str(value) for name, value in output.items() if value not in (None, "")}
    if len(shown) == 1:
        return next(iter(shown.values()))[:500]
    return "; ".join(f"{name}: {value}" for name, value in shown.items())[:500]


def _instant(value: object) -> datetime | None:
    if not value:
        return None
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _job(dto: Dto) -> Job:
    state = _JOB_STATES.get(str(dto.get("State")), JobState.STANDING)
    return Job(str(dto["Id"]), state, str(dto.get("Info") or ""))


def _event(dto: Dto) -> ItemEvent:
    at = _instant(dto.get("Timestamp")) or datetime.min.replace(tzinfo=UTC)
    return ItemEvent(
        at, str(dto.get("Action") or ""), str(dto.get("UserName") or ""), str(dto.get("Status") or "")
    )


def _version(dto: Dto) -> dict[str, Any]:
    return {"Id": int(dto["Id"]), "RowVersion": str(dto.get("RowVersion") or "")}


def _error_code(refusal: Refusal) -> str:
    """The Orchestrator's `errorCode`, which tells more than the HTTP status; "" where it gave none."""
    try:
        body = json.loads(refusal.body)
    except ValueError:
        return ""
    return str(body.get("errorCode") or "") if isinstance(body, dict) else ""


# Asking


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _conditions(references: Sequence[str]) -> Iterator[str]:
    """Filters that together cover the references: one by their common beginning when they are many."""
    prefix = _common_prefix(references)
    if len(references) > FILTER_EXPRESSIONS and len(prefix) >= 20:
        yield f"startswith(Reference,{_literal(prefix)})"
        return
    parts: list[str] = []
    for reference in references:
        part = f"Reference eq {_literal(reference)}"
        if parts and sum(map(len, parts)) + 4 * len(parts) + len(part) > FILTER_LENGTH:
            yield "(" + " or ".join(parts) + ")"
            parts = []
        parts.append(part)
    if parts:
        yield "(" + " or ".join(parts) + ")"


def _common_prefix(references: Iterable[str]) -> str:
    ordered = sorted(references)
    if not ordered:
        return ""
    first, last = ordered[0], ordered[-1]
    length = next(
        (n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last))
    )
    return first[:length]


def _chunks(references: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(references), size):
        yield references[start : start + size]
