"""The robots: take items of a queue whose job runs, post them in OPUS in time, refuse some for good reasons."""

import threading
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from kkassist.practice.city import City
from kkassist.practice.plumbing import Faults
from kkassist.practice.robots.ledger import Item, Ledger, Posting
from kkassist.practice.robots.odata import instant

TICK_S = 0.02
JOB_IDLES_S = 3.0
ABANDONED_AFTER_S = 5.0
HIGHEST_AMOUNT = Decimal(250_000)
REFUSED_ONE_IN = 50
FAILS_ONE_IN = 400
REASONS = (
    "Lønperioden er låst for medarbejderen.",
    "Medarbejderen har ingen aktiv aftale om resultatløn.",
    "Medarbejderen har allerede en åben indberetning på lønarten.",
    "Omkostningsstedet er spærret for indberetning i perioden.",
)
TECHNICAL_REASON = "OPUS svarede ikke inden for tidsfristen."
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_SPELLING = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


@dataclass(frozen=True, slots=True)
class Effect:
    """What an item wants done in OPUS, read from its content whatever the names are spelled like."""

    who: str
    loenart: str
    period: str
    amount: str

    @classmethod
    def read(cls, content: Mapping[str, object]) -> "Effect":
        tidy = {_tidy(name): str(value).strip() for name, value in content.items() if value is not None}
        return cls(
            who=_first(tidy, ("tjenestenr", "medarbejdernr", "medarbejdernummer", "cpr", "cprnr")),
            loenart=_first(tidy, ("loenart",)),
            period=_first(tidy, ("udbetalingsmaaned", "periode", "period", "maaned", "fratraedelsesdato")),
            amount=_amount(_first(tidy, ("beloeb", "amount"))),
        )


@dataclass(slots=True)
class _Hand:
    """One robot: what it holds and when it is done with it."""

    name: str
    item: Item | None = None
    job_id: int = 0
    done_at: datetime = _LONG_AGO


@dataclass(slots=True)
class Refusals:
    """Refusals that a test orders: each reference is refused the first time it is worked on."""

    reasons: dict[str, str] = field(default_factory=dict)

    def order(self, references: Sequence[str], reason: str) -> None:
        self.reasons.update(dict.fromkeys(references, reason or REASONS[0]))


class Robots:
    """A thread with `hands` robots that together do about `rate` items a second."""

    def __init__(
        self, ledger: Ledger, city: Callable[[], City], faults: Faults, rate: float = 25.0, hands: int = 4
    ) -> None:
        self.refusals = Refusals()
        self._ledger = ledger
        self._city = city
        self._faults = faults
        self._seconds_each = timedelta(seconds=hands / rate)
        self._hands = [_Hand(f"KS-ROBOT-{number:02d}") for number in range(1, hands + 1)]
        self._idle_since: dict[int, datetime] = {}
        self._seen_before: dict[str, str] = _contents_of_refused(ledger)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="practice-robots", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Robots that hold an item let go of it as it is, as a machine that is switched off does."""
        with self._ledger.changed:
            self._stopping = True
            self._ledger.changed.notify_all()
        self._thread.join()

    def kill(self, job_id: int) -> None:
        """Ends a job at once: what its robots hold stays InProgress and is abandoned later."""
        with self._ledger.changed:
            for hand in self._hands:
                if hand.job_id == job_id:
                    hand.item = None
            self._ledger.alter_job(job_id, State="Stopped", EndTime=instant(datetime.now(UTC)))

    def _run(self) -> None:
        while True:
            with self._ledger.changed:
                if self._stopping:
                    return
                now = datetime.now(UTC)
                busy = self._work(now)
                self._ledger.changed.wait(TICK_S if busy else None)

    def _work(self, now: datetime) -> bool:
        """One tick. Returns whether there is anything to come back for without being woken."""
        self._abandon(now)
        jobs = [job for job in self._ledger.jobs.values() if job["State"] in {"Pending", "Running", "Stopping"}]
        for job in jobs:
            if job["State"] == "Pending":
                self._ledger.alter_job(job["Id"], State="Running", StartTime=instant(now))
        for hand in self._hands:
            self._use(hand, now)
        for job in jobs:
            self._end_if_idle(self._ledger.jobs[job["Id"]], now)
        return bool(jobs or self._ledger.in_progress)

    def _use(self, hand: _Hand, now: datetime) -> None:
        """Lets one robot finish and take as much as its pace allows until now."""
        while hand.item is None or hand.done_at <= now:
            if hand.item is not None:
                self._finish(hand)
            if not self._take(hand, now):
                return

    def _take(self, hand: _Hand, now: datetime) -> bool:
        for job in self._ledger.jobs.values():
            if job["State"] != "Running":
                continue
            queue = self._ledger.queues[job["ReleaseName"].removesuffix("_OPUS")]
            item = self._ledger.next_item(queue["Id"], now)
            if item is None:
                continue
            start = max(hand.done_at, now - timedelta(seconds=TICK_S))
            robot = {"Name": hand.name, "Type": "Unattended", "HostingType": "Standard", "Id": int(hand.name[-2:])}
            hand.item = self._ledger.alter(
                item["Id"], "Status", hand.name, Status="InProgress", StartProcessing=instant(now), Robot=robot
            )
            hand.job_id, hand.done_at = job["Id"], start + self._seconds_each
            return True
        return False

    def _finish(self, hand: _Hand) -> None:
        item, hand.item = hand.item, None
        if item is None:
            return
        now = datetime.now(UTC)
        verdict = self._verdict(item)
        if verdict is None:
            receipt = f"OPUS-{zlib.crc32(item['Key'].encode()) % 10**8:08d}"
            self._post(item, receipt, now)
            if self._faults.strike("abandon"):
                return
            output = {"Kvittering": receipt, "Resultat": "Indberetningen er oprettet i OPUS."}
            done: dict[str, Any] = {"Status": "Successful", "Output": output}
        else:
            kind, reason = verdict
            exception = {"Reason": reason, "Details": reason, "Type": kind, "CreationTime": instant(now)}
            done = {"Status": "Failed", "ProcessingException": exception, "ProcessingExceptionType": kind}
        self._ledger.alter(item["Id"], "Status", hand.name, EndProcessing=instant(now), **done)

    def _post(self, item: Item, receipt: str, now: datetime) -> None:
        effect = Effect.read(item["SpecificContent"])
        queue = next(
            name for name, queue in self._ledger.queues.items() if queue["Id"] == item["QueueDefinitionId"]
        )
        self._ledger.post(
            Posting(
                queue=queue,
                reference=item["Reference"],
                who=effect.who,
                loenart=effect.loenart,
                period=effect.period,
                amount=effect.amount,
                receipt=receipt,
                at=instant(now),
            )
        )

    def _verdict(self, item: Item) -> tuple[str, str] | None:
        """The exception's type and reason, or None when OPUS takes the item."""
        if ordered := self.refusals.reasons.pop(item["Reference"], None):
            return "BusinessException", ordered
        effect = Effect.read(item["SpecificContent"])
        city = self._city()
        if effect.who in city.left:
            return "BusinessException", "Medarbejderen er fratrådt og kan ikke få indberettet."
        if len(effect.who) < 10 and effect.who and effect.who not in city.employments_by_tjenestenr:
            return "BusinessException", "Medarbejderen findes ikke i OPUS."
        if effect.amount and Decimal(effect.amount) > HIGHEST_AMOUNT:
            return "BusinessException", "Beløbet er over grænsen for indberetning med robot (250.000 kr.)."
        return self._by_content(item, effect)

    def _by_content(self, item: Item, effect: Effect) -> tuple[str, str] | None:
        """Refuses one content in fifty until it is mended, and lets one in four hundred fail technically once."""
        subject = f"{item['QueueDefinitionId']}:{effect.who}:{effect.loenart}"
        content = _fingerprint(item["SpecificContent"])
        draw = zlib.crc32(content.encode())
        earlier = self._seen_before.get(subject)
        if draw % REFUSED_ONE_IN == 0 and earlier in {None, content}:
            self._seen_before[subject] = content
            return "BusinessException", REASONS[draw // REFUSED_ONE_IN % len(REASONS)]
        if draw % FAILS_ONE_IN == 1 and earlier is None:
            self._seen_before[subject] = content
            return "ApplicationException", TECHNICAL_REASON
        return None

    def _abandon(self, now: datetime) -> None:
        """Items that no robot holds any more: the real service waits a day, the practice city some seconds."""
        held = {hand.item["Id"] for hand in self._hands if hand.item is not None}
        limit = instant(now - timedelta(seconds=ABANDONED_AFTER_S))
        for item_id in self._ledger.in_progress - held:
            if self._ledger.items[item_id]["StartProcessing"] < limit:
                self._ledger.alter(item_id, "Status", "System", Status="Abandoned")

    def _end_if_idle(self, job: Item, now: datetime) -> None:
        """A job ends when its robots are done: at once where it was asked to stop, else after idling a while."""
        if any(hand.item is not None and hand.job_id == job["Id"] for hand in self._hands):
            self._idle_since.pop(job["Id"], None)
            return
        since = self._idle_since.setdefault(job["Id"], now)
        if job["State"] == "Stopping":
            self._ledger.alter_job(job["Id"], State="Stopped", EndTime=instant(now))
        elif job["State"] == "Running" and now - since > timedelta(seconds=JOB_IDLES_S):
            self._ledger.alter_job(job["Id"], State="Successful", EndTime=instant(now), Info="Job completed")


def _contents_of_refused(ledger: Ledger) -> dict[str, str]:
    """What was refused before the city was restarted, so that it is not refused again once mended."""
    seen = {}
    for item in ledger.items.values():
        if item["Status"] in {"Failed", "Retried"}:
            effect = Effect.read(item["SpecificContent"])
            seen[f"{item['QueueDefinitionId']}:{effect.who}:{effect.loenart}"] = _fingerprint(
                item["SpecificContent"]
            )
    return seen


def _fingerprint(content: Mapping[str, object]) -> str:
    return "|".join(f"{name}={content[name]}" for name in sorted(content))


def _tidy(name: str) -> str:
    return "".join(letter for letter in name.lower().translate(_SPELLING) if letter.isalnum())


def _first(tidy: Mapping[str, str], stems: Sequence[str]) -> str:
    for stem in stems:
        for name, value in tidy.items():
            if value and name.startswith(stem):
                return value
    return ""


def _amount(text: str) -> str:
    """Both 1.234,56 and 1234.56 as 1234.56; "" where it is no amount."""
    plain = text.replace(".", "").replace(",", ".") if "," in text else text
    try:
        return f"{Decimal(plain):.2f}"
    except InvalidOperation:
        return ""
