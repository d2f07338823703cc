"""How batches, rows and runs stand, in a word with its tone and icon: the same wherever they are shown."""

from dataclasses import dataclass

from kkassist.domain.batch import Batch, BatchState, RowState
from kkassist.domain.language import say
from kkassist.domain.run import Run, RunState
from kkassist.processes.catalogue import catalogue
from ui.icons import IconName
from ui.theme import Tone
from ui.widgets.status_pill import ICON_OF_TONE


@dataclass(frozen=True, slots=True)
class Status:
    """A state as it is shown."""

    tone: Tone
    word: str
    mark: IconName


def batch_status(batch: Batch) -> Status:
    """How a batch stands; a finished one tells what still asks for somebody."""
    match batch.state:
        case BatchState.DRAFT | BatchState.CHECKED if batch.errors:
            return Status("red", say("Har fejl"), "error")
        case BatchState.DRAFT | BatchState.CHECKED:
            return Status("accent", say("Kontrolleret"), "check")
        case BatchState.SUBMITTED:
            return Status("amber", say("Til godkendelse"), "eye")
        case BatchState.APPROVED:
            return Status("green", say("Godkendt"), "done")
        case BatchState.REJECTED:
            return Status("red", say("Afvist"), "undo")
        case BatchState.SENDING | BatchState.RUNNING:
            return Status("accent", say("Hos robotten"), "robot")
        case BatchState.CANCELLED:
            return Status("neutral", say("Stoppet"), "stop")
        case BatchState.FINISHED:
            return _finished(batch)


def _finished(batch: Batch) -> Status:
    if unknown := batch.counts.get(RowState.UNKNOWN, 0):
        return Status("violet", say("{count} ukendt", count=unknown), "unknown")
    not_done = batch.counts.get(RowState.REFUSED, 0) + batch.counts.get(RowState.FAILED, 0)
    if not_done:
        return Status("amber", say("{count} ikke udført", count=not_done), "warning")
    return Status("green", say("Udført"), "done")


def row_status(state: RowState) -> Status:
    """How a row stands."""
    tone, word, mark = _ROWS[state]
    return Status(tone, say(word), mark or ICON_OF_TONE[tone])


def run_status(run: Run) -> Status:
    """How a run stands; one that has ended tells what still asks for somebody."""
    match run.state:
        case RunState.HANDING_OVER:
            return Status("accent", say("Afleveres"), "send")
        case RunState.FOLLOWING:
            return Status("accent", say("Kører"), "play")
        case RunState.CANCELLING:
            return Status("amber", say("Stopper"), "stop")
        case RunState.STOPPED:
            return Status("amber", say("Venter på robotten"), "pause")
        case RunState.CANCELLED:
            return Status("neutral", say("Stoppet"), "stop")
        case RunState.FINISHED:
            if run.unknown:
                return Status("violet", say("{count} ukendt", count=run.unknown), "unknown")
            if not_done := run.refused + run.failed:
                return Status("amber", say("{count} ikke udført", count=not_done), "warning")
            return Status("green", say("Udført"), "done")


def process_title(process_id: str) -> str:
    """The process' title, or its id where the catalogue has it no more."""
    process = catalogue().get(process_id)
    return say(process.title) if process else process_id


def counted(number: int) -> str:
    """`1.234`."""
    return f"{number:,}".replace(",", ".")


_ROWS: dict[RowState, tuple[Tone, str, IconName | None]] = {
    RowState.DRAFT: ("red", "Har fejl", None),
    RowState.CHECKED: ("neutral", "Kontrolleret", "check"),
    RowState.APPROVED: ("neutral", "Venter", None),
    RowState.QUEUED: ("neutral", "I kø", None),
    RowState.RUNNING: ("accent", "I gang", None),
    RowState.DONE: ("green", "Udført", None),
    RowState.REFUSED: ("red", "Afvist", None),
    RowState.FAILED: ("red", "Fejlet", "warning"),
    RowState.UNKNOWN: ("violet", "Ukendt – tjek i OPUS", None),
    RowState.CANCELLED: ("neutral", "Stoppet", "stop"),
}
