"""Robots behind one port: hand rows over, look them up, follow them, start and stop the robot that works on them.

The ledger in the store decides what is sent and when; an adapter only speaks with its platform. Every adapter
keeps these promises:

* `hand_over` never sends the same item twice by itself. An answer that was lost is `UNKNOWN`, and the caller
  looks the reference up before anything is sent again.
* A refusal of the whole call (no right, no such queue, a body the platform does not take) raises; then no item
  of the call was taken.
* Times are aware and in UTC. States are the ledger's own, whatever the platform calls them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from kkassist.domain.batch import RowState


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the platform can do, so that the screen offers nothing else."""

    platform: str
    """Its name as users know it."""
    bulk: int
    """Most items in one hand-over."""
    withdraw: bool
    """An item that no robot has begun on can be taken back."""
    stop: bool
    history: bool
    attended: Literal["", "local-cli"] = ""


@dataclass(frozen=True, slots=True)
class QueueFacts:
    """What must be known of a queue before anything is put into it."""

    name: str
    unique_references: bool
    """The platform itself refuses a reference it has seen: a row sent again cannot be done again."""


@dataclass(frozen=True, slots=True)
class Item:
    """One row on its way to a robot. `content` is in stored form: ISO dates, plain decimals."""

    reference: str
    content: Mapping[str, str]


class Outcome(StrEnum):
    """What became of an item that was handed over."""

    ACCEPTED = "accepted"
    ALREADY_THERE = "already_there"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ItemOutcome:
    """The platform's answer for one item; `code` and `text` are its own words for a refusal."""

    reference: str
    outcome: Outcome
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class RowUpdate:
    """What the platform says of an item now."""

    reference: str
    state: RowState
    message: str
    """The robot's own words, or ours where the platform only has a status."""
    robot: str
    external_id: str
    evidence: str
    """What the robot gave back, e.g. OPUS' receipt number."""
    started_at: datetime | None
    finished_at: datetime | None


class JobState(StrEnum):
    """A robot's job. STANDING ended without doing its work: failed, stopped or killed."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STANDING = "standing"


@dataclass(frozen=True, slots=True)
class Job:
    """One start of a robot."""

    key: str
    state: JobState
    detail: str
    """The platform's own words where the job stands."""


@dataclass(frozen=True, slots=True)
class ItemEvent:
    """One line of an item's history: who did what, and when."""

    at: datetime
    act: str
    by: str
    status: str


class Robots(Protocol):
    """A robot platform. Errors: `OutOfReach`, `SignInNeeded` and `Refused` of `kkassist.domain.errors`."""

    @property
    def capabilities(self) -> Capabilities: ...

    def queue(self, name: str) -> QueueFacts:
        """The queue's facts; `Refused` where there is no such queue."""
        ...

    def hand_over(self, queue: str, items: Sequence[Item]) -> Sequence[ItemOutcome]:
        """Puts at most `capabilities.bulk` items into the queue; one outcome per item, in order."""
        ...

    def find(self, queue: str, references: Sequence[str]) -> Mapping[str, RowUpdate]:
        """The items that the platform holds under these references, newest try of each; absent = not there."""
        ...

    def follow(self, queue: str, prefix: str, since: datetime | None) -> Iterator[RowUpdate]:
        """Items whose reference starts with `prefix`: all, or those a robot touched since (the platform's clock)."""
        ...

    def start_job(self, release: str, arguments: Mapping[str, str], reference: str) -> Job:
        """Starts the robot, unless a job of the same reference waits or runs: then that one is given back."""
        ...

    def job(self, key: str) -> Job: ...

    def stop_job(self, key: str) -> None:
        """Asks the robot to finish the row it holds and then stop."""
        ...

    def withdraw(self, queue: str, references: Sequence[str]) -> frozenset[str]:
        """Takes back items that no robot has begun on; returns the references that will now not be worked on."""
        ...

    def close_attempt(self, queue: str, references: Sequence[str]) -> None:
        """Marks ended items as seen to, so that nobody starts them again on the platform; best effort."""
        ...

    def history(self, queue: str, reference: str) -> Sequence[ItemEvent]:
        """Who did what with the item, oldest first."""
        ...
