"""A small Orchestrator on loopback for the adapter's tests: real HTTP, the practice city's queues behind it.

Tests work the items themselves (`finish`, `refuse`, …), so that no test waits for a robot. Every body is kept, to
be held against the published description.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kkassist.practice.plumbing import Request, Response, RunningServer, json_response
from kkassist.practice.robots import odata
from kkassist.practice.robots.ledger import FOLDER_ID, FOLDER_NAME, Ledger, Refusal

PREFIX = "/odata"
ITEM_FIELDS = frozenset(
    {"Id", "Reference", "Status", "ReviewStatus", "ProcessingException", "ProcessingExceptionType", "Output"}
    | {"OutputData", "StartProcessing", "EndProcessing", "RetryNumber", "AncestorId", "RowVersion", "CreationTime"}
    | {"Robot", "QueueDefinitionId"}
)


class SmallOrchestrator:
    """`lose_next` names paths whose next answer is lost: "before" or "after" it was acted on."""

    def __init__(self, queues: dict[str, bool], file: Path | None = None) -> None:
        self.ledger = Ledger(queues, file)
        self.bodies: list[tuple[str, object]] = []
        self.lose_next: dict[str, str] = {}
        self.busy_next: dict[str, str] = {}
        self.not_taken: dict[str, tuple[str, str]] = {}
        self.clock = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        self.server = RunningServer("small-orchestrator", self._answer)

    @property
    def base_url(self) -> str:
        return self.server.base_url

    def stop(self) -> None:
        self.server.stop()

    # What robots do

    def finish(self, reference: str, receipt: str = "") -> None:
        self._end(reference, Status="Successful", Output={"Kvittering": receipt or f"OPUS-{reference[-4:]}"})

    def refuse(self, reference: str, reason: str, kind: str = "BusinessException") -> None:
        exception = {"Reason": reason, "Details": "at Post.xaml", "Type": kind}
        self._end(reference, Status="Failed", ProcessingException=exception, ProcessingExceptionType=kind)

    def abandon(self, reference: str) -> None:
        self._end(reference, Status="Abandoned")

    def begin(self, reference: str) -> None:
        robot = {"Name": "KS-ROBOT-01", "Type": "Unattended", "Id": 1}
        at = odata.instant(self._tick())
        self.ledger.alter(
            self._id(reference), "Status", "robot", Status="InProgress", StartProcessing=at, Robot=robot
        )

    def retry_by_hand(self, reference: str) -> None:
        """What someone may do in the Orchestrator itself."""
        item = self.ledger.item(self._id(reference))
        assert self.ledger.review([(item["Id"], item["RowVersion"])], "Retried", "nogen") == []

    def finish_all(self) -> None:
        for item in self.ledger.rows():
            if item["Status"] in {"New", "InProgress"}:
                self.finish(item["Reference"])

    def references(self) -> list[str]:
        return [item["Reference"] for item in self.ledger.rows() if item["Status"] != "Deleted"]

    def _end(self, reference: str, **changes: object) -> None:
        item = self.ledger.item(self._id(reference))
        if item["Status"] == "New":
            self.begin(reference)
        self.ledger.alter(item["Id"], "Status", "robot", EndProcessing=odata.instant(self._tick()), **changes)

    def _id(self, reference: str) -> int:
        return max(item["Id"] for item in self.ledger.rows() if item["Reference"] == reference)

    def _tick(self) -> datetime:
        self.clock += timedelta(seconds=1)
        return self.clock

    # What it answers

    def _answer(self, request: Request) -> Response:
        short = (
            request.path.rsplit(".", 1)[-1]
            if "UiPath" in request.path
            else request.path.removeprefix(PREFIX + "/")
        )
        short = short.split("(")[0]
        if len(request.body) < int(request.headers.get("content-length", "0")):
            return Response(lost=True)  # the sender died in the middle of it
        if request.body:
            self.bodies.append((request.path, json.loads(request.body)))
        if self.busy_next.pop(short, None):
            return json_response({"message": "Too many requests", "errorCode": 0}, 429, (("Retry-After", "42"),))
        when = self.lose_next.pop(short, "")
        if when == "before":
            return Response(lost=True)
        try:
            response = self._routed(request)
        except Refusal as refusal:
            response = json_response({"message": refusal.message, "errorCode": refusal.code}, refusal.status)
        except odata.ODataError as error:
            response = json_response({"message": str(error), "errorCode": 1000}, 400)
        return Response(lost=True) if when == "after" else response

    def _routed(self, request: Request) -> Response:
        if request.path != f"{PREFIX}/Folders":
            self._check_folder(request)
        routes: list[tuple[str, Callable[[Request, re.Match[str]], Response]]] = [
            (r"/odata/Folders", self._folders),
            (r"/odata/QueueDefinitions", self._queues),
            (r"/odata/Queues/UiPathODataSvc\.BulkAddQueueItems", self._bulk_add),
            (r"/odata/QueueItems", self._items),
            (r"/odata/QueueItems/UiPathODataSvc\.DeleteBulk", self._delete),
            (r"/odata/QueueItems/UiPathODataSvc\.SetItemReviewStatus", self._review),
            (r"/odata/QueueItemEvents/.*\(queueItemId=(\d+)\)", self._history),
            (r"/odata/Releases", self._releases),
            (r"/odata/Jobs", self._jobs),
            (r"/odata/Jobs/UiPath\.Server\.Configuration\.OData\.StartJobs", self._start),
            (r"/odata/Jobs\((\d+)\)", lambda _, match: json_response(self.ledger.job(int(match[1])))),
            (r"/odata/Jobs\((\d+)\)/UiPath\.Server\.Configuration\.OData\.StopJob", self._stop_job),
        ]
        for pattern, handler in routes:
            if match := re.fullmatch(pattern, request.path):
                return handler(request, match)
        return json_response({"message": f"nothing at {request.path}"}, 404)

    def _check_folder(self, request: Request) -> None:
        told = request.headers.get("x-uipath-organizationunitid")
        if told is None:
            raise Refusal(
                400, 1101, "OrganizationUnitRequired", "An organization unit is required for this action."
            )
        if told != str(FOLDER_ID):
            raise Refusal(
                404, 1100, "FolderDoesNotExist", "Folder does not exist or the user does not have access."
            )

    def _listed(self, rows: list[dict[str, object]], request: Request, fields: frozenset[str]) -> Response:
        return json_response({"value": odata.query(rows, dict(request.query), fields).rows})

    def _folders(self, request: Request, _: re.Match[str]) -> Response:
        folder: dict[str, object] = {
            "Id": FOLDER_ID,
            "DisplayName": FOLDER_NAME,
            "FullyQualifiedName": FOLDER_NAME,
        }
        return self._listed([folder], request, frozenset(folder))

    def _queues(self, request: Request, _: re.Match[str]) -> Response:
        return self._listed(list(self.ledger.queues.values()), request, frozenset({"Name", "Id"}))

    def _releases(self, request: Request, _: re.Match[str]) -> Response:
        return self._listed(list(self.ledger.releases), request, frozenset({"Name", "Key"}))

    def _items(self, request: Request, _: re.Match[str]) -> Response:
        return self._listed(self.ledger.rows(), request, ITEM_FIELDS)

    def _jobs(self, request: Request, _: re.Match[str]) -> Response:
        return self._listed(list(self.ledger.jobs.values()), request, frozenset({"Reference", "State", "Id"}))

    def _bulk_add(self, request: Request, _: re.Match[str]) -> Response:
        wanted = request.json()
        failed = []
        for place, one in enumerate(wanted["queueItems"]):
            if one["Reference"] in self.not_taken:
                code, text = self.not_taken[one["Reference"]]
                failed.append({"Ordinal": place, "ErrorCode": code, "ErrorMessage": text})
                continue
            try:
                self.ledger.add(wanted["queueName"], one, "kkassist")
            except Refusal as refusal:
                failed.append({"Ordinal": place, "ErrorCode": refusal.name, "ErrorMessage": refusal.message})
        return json_response({"success": not failed, "message": "", "failedItems": failed})

    def _delete(self, request: Request, _: re.Match[str]) -> Response:
        failed = self.ledger.delete(_versions(request), "kkassist")
        return json_response({"Success": not failed, "Message": "", "FailedItems": failed})

    def _review(self, request: Request, _: re.Match[str]) -> Response:
        failed = self.ledger.review(_versions(request), request.json()["status"], "kkassist")
        return json_response({"Success": not failed, "Message": "", "FailedItems": failed})

    def _history(self, _: Request, match: re.Match[str]) -> Response:
        return json_response({"value": self.ledger.history(int(match[1]))})

    def _start(self, request: Request, _: re.Match[str]) -> Response:
        start = request.json()["startInfo"]
        release = next(one for one in self.ledger.releases if one["Key"] == start["ReleaseKey"])
        return json_response({"value": [self.ledger.add_job(release, start, self._tick())]}, 201)

    def _stop_job(self, _: Request, match: re.Match[str]) -> Response:
        self.ledger.alter_job(int(match[1]), State="Stopped", Info="Stopped by kkassist")
        return Response(200)


def _versions(request: Request) -> list[tuple[int, str]]:
    return [(one["Id"], one["RowVersion"]) for one in request.json()["queueItems"]]
