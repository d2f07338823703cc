"""The orchestrator's memory: queues, items with their events, jobs, and what robots posted in OPUS.

All methods are safe to call from several threads. With a file, items and postings are appended to it as JSON
lines, so that a practice city that was stopped or killed remembers every reference when it starts again.
"""

import base64
import json
import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from kkassist.practice.robots.odata import instant

FOLDER_ID: Final = 204
FOLDER_NAME: Final = "Koncernservice"
MAX_CONTENT = 256_000
MAX_REFERENCE = 128
FINAL = frozenset({"Failed", "Successful", "Abandoned", "Retried", "Deleted"})
NOT_COUNTED_AS_USED = frozenset({"Deleted", "Retried"})

Item = dict[str, Any]
"""A QueueItemDto as it travels. It is replaced at each change, never altered, so that readers need no lock."""


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """Why the orchestrator does not do what it was asked: HTTP status, its own error code and name."""

    status: int
    code: int
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Posting:
    """One effect in OPUS. Two with the same `key` mean that somebody was paid twice."""

    queue: str
    reference: str
    who: str
    loenart: str
    period: str
    amount: str
    receipt: str
    at: str

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        return (self.queue, self.who, self.loenart, self.period, self.amount)


class Ledger:
    """Queues by name, items by id, jobs by id, postings in order."""

    def __init__(self, queues: Mapping[str, bool], file: Path | None = None) -> None:
        """`queues` says per queue name whether references must be unique."""
        self.changed = threading.Condition(threading.RLock())
        self.queues: dict[str, Item] = {}
        self.items: dict[int, Item] = {}
        self.events: list[Item] = []
        self.jobs: dict[int, Item] = {}
        self.releases: list[Item] = []
        self.postings: list[Posting] = []
        self.in_progress: set[int] = set()
        self._new: dict[tuple[int, str], dict[int, None]] = {}
        self._last_id = 1000
        self._used: dict[tuple[int, str], int] = {}
        self._version = 0
        self._file = file
        for name, unique in queues.items():
            self.add_queue(name, unique)
        if file is not None and file.exists():
            self._remember(file)

    # Queues and releases

    def add_queue(self, name: str, unique: bool) -> Item:
        """A queue and the release of the process that empties it, named `<queue>_OPUS`."""
        with self.changed:
            if name in self.queues:
                raise Refusal(409, 1001, "NameAlreadyUsed", f"The name {name} is already used.")
            number = len(self.queues) + 1
            queue: Item = {
                "Key": str(uuid.uuid5(uuid.NAMESPACE_URL, f"queue:{name}")),
                "Name": name,
                "Description": "Øvelseskø",
                "MaxNumberOfRetries": 0,
                "AcceptAutomaticallyRetry": False,
                "EnforceUniqueReference": unique,
                "Encrypted": False,
                "CreationTime": "2024-01-15T08:00:00.000Z",
                "OrganizationUnitId": FOLDER_ID,
                "OrganizationUnitFullyQualifiedName": FOLDER_NAME,
                "Id": number,
            }
            self.queues[name] = queue
            self.releases.append(_release(f"{name}_OPUS", number))
            return queue

    def queue(self, name: str) -> Item:
        if name not in self.queues:
            raise Refusal(404, 1002, "ItemNotFound", f"{name} does not exist.")
        return self.queues[name]

    # Items

    def add(self, queue_name: str, wanted: Mapping[str, Any], who: str) -> Item:
        """Puts one item in the queue; Refusal for a used or missing reference or too much content."""
        with self.changed:
            queue = self.queue(queue_name)
            self._check(queue, wanted)
            reference = wanted.get("Reference") or ""
            item = self._new_item(queue, wanted)
            self._used[queue["Id"], reference] = item["Id"]
            self._store(item, "Create", who)
            self.changed.notify_all()
            return item

    def check_all(self, queue_name: str, wanted: Sequence[Mapping[str, Any]]) -> list[tuple[int, Refusal]]:
        """What `add` would refuse, by place in the list, double references within the list included."""
        with self.changed:
            queue = self.queue(queue_name)
            refused: list[tuple[int, Refusal]] = []
            seen: set[str] = set()
            for place, one in enumerate(wanted):
                reference = one.get("Reference") or ""
                try:
                    self._check(queue, one)
                    if queue["EnforceUniqueReference"] and reference in seen:
                        raise _duplicate()
                except Refusal as refusal:
                    refused.append((place, refusal))
                seen.add(reference)
            return refused

    def item(self, item_id: int) -> Item:
        if item_id not in self.items:
            raise Refusal(404, 1002, "ItemNotFound", "QueueItem does not exist.")
        return self.items[item_id]

    def alter(self, item_id: int, action: str, who: str, **changes: Any) -> Item:
        """Stores the item with `changes`; None takes a field away."""
        with self.changed:
            altered = {**self.items[item_id], **changes, "RowVersion": self._next_version()}
            item = {name: value for name, value in altered.items() if value is not None}
            self._store(item, action, who)
            return item

    def delete(self, versions: Iterable[tuple[int, str]], who: str) -> list[int]:
        """Takes back items that are still New; returns the ids where it was too late or the version old."""
        failed: list[int] = []
        with self.changed:
            for item_id, version in versions:
                item = self.items.get(item_id)
                if item is None or item["Status"] != "New" or item["RowVersion"] != version:
                    failed.append(item_id)
                else:
                    self.alter(item_id, "Delete", who, Status="Deleted")
                    self._used.pop((item["QueueDefinitionId"], item.get("Reference", "")), None)
        return failed

    def review(self, versions: Iterable[tuple[int, str]], status: str, who: str) -> list[int]:
        """Sets the review status; `Retried` makes a new item of each failed one. Returns the ids that failed."""
        failed: list[int] = []
        with self.changed:
            for item_id, version in versions:
                item = self.items.get(item_id)
                reviewable = item is not None and item["Status"] in {"Failed", "Abandoned"}
                if item is None or not reviewable or item["RowVersion"] != version:
                    failed.append(item_id)
                elif status == "Retried":
                    self._retry(item, who)
                else:
                    self.alter(item_id, "Edit", who, ReviewStatus=status)
            self.changed.notify_all()
        return failed

    def next_item(self, queue_id: int, now: datetime) -> Item | None:
        """The next item for a robot: by priority, first in first out; deferred ones wait."""
        with self.changed:
            for priority in ("High", "Normal", "Low"):
                for item_id in self._new.get((queue_id, priority), {}):
                    if self.items[item_id].get("DeferDate", "") <= instant(now):
                        return self.items[item_id]
        return None

    def rows(self) -> list[Item]:
        with self.changed:
            return list(self.items.values())

    def history(self, item_id: int) -> list[Item]:
        with self.changed:
            return [event for event in self.events if event["QueueItemId"] == item_id]

    # Postings

    def post(self, posting: Posting) -> None:
        """Writes down an effect in OPUS. It refuses nothing: what was posted twice must be seen."""
        with self.changed:
            self.postings.append(posting)
            self._append("posting", asdict(posting))

    def posted_twice(self) -> list[Posting]:
        """Postings whose effect had been made before."""
        with self.changed:
            seen: set[tuple[str, ...]] = set()
            return [one for one in self.postings if one.key in seen or seen.add(one.key)]  # type: ignore[func-returns-value]

    # Jobs

    def add_job(self, release: Item, start: Mapping[str, Any], now: datetime) -> Item:
        with self.changed:
            number = len(self.jobs) + 1
            job: Item = {
                "Key": str(uuid.uuid4()),
                "State": "Pending",
                "JobPriority": start.get("JobPriority") or "Normal",
                "Source": "Manual",
                "SourceType": "Manual",
                "BatchExecutionKey": str(uuid.uuid4()),
                "CreationTime": instant(now),
                "ReleaseName": release["Name"],
                "Type": "Unattended",
                "RuntimeType": start.get("RuntimeType") or "Unattended",
                "InputArguments": start.get("InputArguments") or "{}",
                "Reference": start.get("Reference") or "",
                "OrganizationUnitId": FOLDER_ID,
                "OrganizationUnitFullyQualifiedName": FOLDER_NAME,
                "Release": {name: release[name] for name in ("Key", "ProcessKey", "ProcessVersion", "Name", "Id")},
                "Id": number,
            }
            self.jobs[number] = job
            self.changed.notify_all()
            return job

    def job(self, job_id: int) -> Item:
        if job_id not in self.jobs:
            raise Refusal(404, 1002, "ItemNotFound", "Job does not exist.")
        return self.jobs[job_id]

    def alter_job(self, job_id: int, **changes: Any) -> Item:
        with self.changed:
            self.jobs[job_id] = {**self.jobs[job_id], **changes}
            self.changed.notify_all()
            return self.jobs[job_id]

    # Inner parts

    def _check(self, queue: Item, wanted: Mapping[str, Any]) -> None:
        reference = wanted.get("Reference") or ""
        if queue["EnforceUniqueReference"] and not reference:
            raise Refusal(400, 1017, "TransactionReferenceRequired", "A reference is required for this queue.")
        if len(reference) > MAX_REFERENCE:
            raise Refusal(400, 1000, "InvalidArgument", f"A reference has at most {MAX_REFERENCE} characters.")
        if len(json.dumps(wanted.get("SpecificContent") or {})) > MAX_CONTENT:
            raise Refusal(400, 1883, "QueueItemContentSizeExceeded", "The content of the item is too long.")
        if queue["EnforceUniqueReference"] and (queue["Id"], reference) in self._used:
            raise _duplicate()

    def _new_item(self, queue: Item, wanted: Mapping[str, Any], ancestor: Item | None = None) -> Item:
        self._last_id += 1
        number = self._last_id
        content = wanted.get("SpecificContent") or {}
        item: Item = {
            "QueueDefinitionId": queue["Id"],
            "Encrypted": False,
            "SpecificContent": content,
            "SpecificData": json.dumps({"DynamicProperties": content}, ensure_ascii=False),
            "Output": {},
            "Status": "New",
            "ReviewStatus": "None",
            "Key": str(uuid.uuid4()),
            "Reference": wanted.get("Reference") or "",
            "Priority": wanted.get("Priority") or "Normal",
            "SecondsInPreviousAttempts": 0,
            "RetryNumber": ancestor["RetryNumber"] + 1 if ancestor else 0,
            "CreationTime": instant(datetime.now(UTC)),
            "RowVersion": self._next_version(),
            "OrganizationUnitId": FOLDER_ID,
            "OrganizationUnitFullyQualifiedName": FOLDER_NAME,
            "Id": number,
        }
        for name in ("DeferDate", "DueDate", "RiskSlaDate", "Progress"):
            if wanted.get(name):
                item[name] = wanted[name]
        if ancestor:
            item["AncestorId"] = ancestor["Id"]
        return item

    def _retry(self, item: Item, who: str) -> None:
        self.alter(item["Id"], "Retry", who, Status="Retried", ReviewStatus="Retried")
        queue = next(queue for queue in self.queues.values() if queue["Id"] == item["QueueDefinitionId"])
        retried = self._new_item(queue, item, ancestor=item)
        self._used[queue["Id"], retried["Reference"]] = retried["Id"]
        self._store(retried, "Create", who)

    def _store(self, item: Item, action: str, who: str) -> None:
        self._place(item)
        self.events.append(
            {
                "QueueItemId": item["Id"],
                "Timestamp": instant(datetime.now(UTC)),
                "Action": action,
                "UserName": who,
                "Status": item["Status"],
                "ReviewStatus": item["ReviewStatus"],
                "Id": len(self.events) + 1,
            }
        )
        self._append("item", item)

    def _place(self, item: Item) -> None:
        """Keeps the item and what is waiting or being worked on, in order."""
        item_id = item["Id"]
        waiting = self._new.setdefault((item["QueueDefinitionId"], item["Priority"]), {})
        self.items[item_id] = item
        if item["Status"] == "New":
            waiting[item_id] = None
        else:
            waiting.pop(item_id, None)
        if item["Status"] == "InProgress":
            self.in_progress.add(item_id)
        else:
            self.in_progress.discard(item_id)

    def _next_version(self) -> str:
        self._version += 1
        return base64.b64encode(self._version.to_bytes(8, "big")).decode()

    def _append(self, kind: str, value: Mapping[str, Any]) -> None:
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"kind": kind, "value": value}, ensure_ascii=False) + "\n")

    def _remember(self, file: Path) -> None:
        """Reads the file back; a last line that was cut by a kill is left out."""
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if entry["kind"] == "posting":
                self.postings.append(Posting(**entry["value"]))
            else:
                self._place(entry["value"])
        self._last_id = max(self.items, default=self._last_id)
        for item in self.items.values():
            if item["Status"] not in NOT_COUNTED_AS_USED:
                self._used[item["QueueDefinitionId"], item["Reference"]] = item["Id"]
            self._version = max(self._version, int.from_bytes(base64.b64decode(item["RowVersion"]), "big"))


def _duplicate() -> Refusal:
    return Refusal(409, 1016, "DuplicateReference", "Error creating Transaction. Duplicate Reference.")


def _release(name: str, number: int) -> Item:
    return {
        "Key": str(uuid.uuid5(uuid.NAMESPACE_URL, f"release:{name}")),
        "ProcessKey": name,
        "ProcessVersion": "1.0.4",
        "IsLatestVersion": True,
        "Name": name,
        "ProcessType": "Process",
        "OrganizationUnitId": FOLDER_ID,
        "OrganizationUnitFullyQualifiedName": FOLDER_NAME,
        "Id": number,
    }
