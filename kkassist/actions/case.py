"""One case: opened with its form filled in, edited, noted, assigned, with files and a checklist."""

import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from kkassist.actions.desk import Desk
from kkassist.actions.identity import me
from kkassist.domain.case import Attachment, CaseRecord, NoteKind, QueueRow
from kkassist.domain.change import ChangeKind, ChangeState, PendingChange
from kkassist.domain.cpr import find_cprs
from kkassist.domain.errors import Refused
from kkassist.domain.ids import new_id
from kkassist.domain.language import say
from kkassist.domain.person import Employment
from kkassist.domain.sourced import FilledField
from kkassist.domain.unit import KkorgUnit
from kkassist.processes import checking, kinds
from kkassist.processes.catalogue import catalogue
from kkassist.processes.checking import CaseFinding
from kkassist.processes.letters import render_letter
from kkassist.processes.mapping import About, about
from kkassist.processes.prefill import Known, facts, fill
from kkassist.processes.settings import tables
from kkassist.processes.words import CaseFacts, Field, Kind, Letter, Process, Step
from kkassist.store import audit, cases, choices, directory, drafts, organisation, outbox, people
from kkassist.store.engine import Tx

_PLACE = ZoneInfo("Europe/Copenhagen")
_BIGGEST_FILE = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Ticked:
    """A step of the checklist, and whether it is done."""

    step: Step
    done: bool
    by: str


@dataclass(frozen=True, slots=True)
class Who:
    """Whom the case is about, as far as it can be told without guessing."""

    employment: Employment | None
    candidates: Sequence[Employment]
    """All employments of the person; the caseworker chooses when several fit."""
    must_choose: bool
    trouble: str
    """Why nobody was found, or what does not fit (Danish); "" otherwise."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """All that the middle and the right of the window show of one case."""

    record: CaseRecord
    process: Process | None
    fields: Sequence[FilledField]
    findings: Sequence[CaseFinding]
    steps: Sequence[Ticked]
    who: Who
    unit: KkorgUnit | None
    earlier: Sequence[QueueRow]
    drafts: Mapping[str, str]
    pending: Sequence[PendingChange]
    facts: CaseFacts | None
    choices: Mapping[str, Sequence[str]]
    """Labels that ServiceNow offers for a field of the form, by the form's field id; none where it is free text."""

    @property
    def blocked(self) -> bool:
        """Whether a check forbids sending the case on."""
        return any(finding.severity == "error" for finding in self.findings)

    @property
    def letters(self) -> Sequence[Letter]:
        """The letters that fit the case as it stands."""
        if self.process is None or self.facts is None:
            return ()
        known = self.facts
        return [one for one in self.process.letters if one.only_if is None or one.only_if(known)]


def open_case(desk: Desk, sys_id: str) -> OpenCase:
    """The case with its form filled from ServiceNow, OPUS and KKorg, its checks, checklist and history."""
    with desk.workspace.read() as tx:
        record = cases.record(tx, sys_id, me(desk, tx))
        if record is None:
            raise Refused(say("Sagen findes ikke mere her. Hent sager igen."))
        return _opened(desk, tx, record)


def choose_employment(desk: Desk, sys_id: str, tjenestenr: str) -> None:
    """The caseworker says which of the person's employments the case is about."""
    with desk.workspace.write() as tx:
        if people.employment(tx, tjenestenr) is None:
            raise Refused(say("Tjenestenummeret {number} findes ikke i OPUS.", number=tjenestenr))
        drafts.choose_employment(tx, sys_id, tjenestenr)
        audit.append(tx, user=desk.user, role=desk.role, act="vælg ansættelse", case=sys_id, detail=tjenestenr)
    desk.events.publish("cases", sys_id)


def save_draft(desk: Desk, sys_id: str, field: str, text: str) -> None:
    """Keep what stands in an editor, as it stands; nothing is sent. Called within a second of a keystroke."""
    with desk.workspace.write() as tx:
        drafts.save(tx, sys_id, field, text)


def discard_draft(desk: Desk, sys_id: str, field: str) -> None:
    """Forget what was typed in a field: the sources count again."""
    with desk.workspace.write() as tx:
        drafts.clear(tx, sys_id, [field])
    desk.events.publish("cases", sys_id)


def send_form(desk: Desk, sys_id: str) -> list[PendingChange]:
    """Turn the drafted fields that ServiceNow holds into pending changes; the rest stays in the draft.

    Raises `Refused` when a typed value cannot be read.
    """
    opened = open_case(desk, sys_id)
    if opened.process is None:
        return []
    writable = {
        field.id: field for field in opened.process.fields if field.writes_to and field.id in opened.drafts
    }
    values = {field.writes_to: _stored(field, opened.drafts[field.id]) for field in writable.values()}
    return edit(desk, sys_id, values, drafted=tuple(writable))


def set_values(desk: Desk, sys_id: str, values: Mapping[str, str]) -> list[PendingChange]:
    """Fill in fields by name, as the command line does: a field of the form, or one of ServiceNow's own.

    What ServiceNow holds becomes pending changes; the rest of the form is kept in the draft, and the tjenestenr.
    chooses the employment. Raises `Refused` before anything is kept when a value of the form cannot be read.
    """
    opened = open_case(desk, sys_id)
    form = {field.id: field for field in opened.process.fields} if opened.process else {}
    own = {name: form[name] for name in values if name in form and name not in opened.record.server.fields}
    stored = {name: _set_by_hand(field, values[name]) for name, field in own.items()}
    for name, field in own.items():
        if field.kind is Kind.TJENESTENR:
            choose_employment(desk, sys_id, stored[name])
        elif not field.writes_to:
            save_draft(desk, sys_id, name, values[name])
    raw = {name: value for name, value in values.items() if name not in own}
    written = {field.writes_to: stored[name] for name, field in own.items() if field.writes_to}
    made = edit(desk, sys_id, {**raw, **written})
    desk.events.publish("cases", sys_id)
    return made


def edit(
    desk: Desk, sys_id: str, values: Mapping[str, str], *, drafted: Sequence[str] = ()
) -> list[PendingChange]:
    """One pending change per ServiceNow field that differs from what the server has; ends the given drafts.

    `values` are raw ServiceNow values, or the labels of a choice field.
    """
    made: list[PendingChange] = []
    with desk.workspace.write() as tx:
        record = _record(desk, tx, sys_id)
        for field, value in values.items():
            raw = _raw(tx, record, field, value)
            base = record.server.fields.get(field, "")
            if raw == base and record.fields.get(field, "") == base:
                continue
            change = outbox.edit_field(
                tx, case_id=sys_id, field=field, base=base, mine=raw, user=desk.user, at=desk.clock()
            )
            made.append(change)
            audit.append(
                tx,
                user=desk.user,
                role=desk.role,
                act="ret",
                case=record.row.number,
                detail=field,
                before=base,
                after=raw,
            )
        if drafted:
            drafts.clear(tx, sys_id, list(drafted))
    if made:
        desk.events.publish("outbox", *(change.id for change in made))
        desk.events.publish("cases", sys_id)
    return made


def note(desk: Desk, sys_id: str, kind: NoteKind, text: str) -> PendingChange:
    """Write a comment (the employee reads it) or a work note (she does not)."""
    words = text.strip()
    if not words:
        raise Refused(say("Skriv en tekst først."))
    if kind is NoteKind.COMMENT and find_cprs(words):
        raise Refused(
            say("Skriv ikke CPR-nummer i en kommentar, som medarbejderen får besked om. Brug sagsnummeret.")
        )
    change_kind = ChangeKind.COMMENT if kind is NoteKind.COMMENT else ChangeKind.WORK_NOTE
    return _add(desk, sys_id, change_kind, field="", mine=words, drafted=f"note:{kind.value}")


def assign(desk: Desk, sys_id: str, user_name: str | None = None) -> list[PendingChange]:
    """Give the case to a colleague by user name, or take it oneself."""
    with desk.workspace.read() as tx:
        user = directory.user(tx, user_name or desk.user)
    if user is None:
        raise Refused(say("Brugeren {name} findes ikke i ServiceNow.", name=user_name or desk.user))
    return edit(desk, sys_id, {"assigned_to": user.sys_id})


def attach(desk: Desk, sys_id: str, path: Path) -> PendingChange:
    """Put a file on the case. Its bytes are kept in the workspace until ServiceNow has them."""
    if find_cprs(path.name):
        raise Refused(say("CPR-nummeret må ikke stå i titel, emne eller filnavn. Brug sagsnummeret."))
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Refused(say("Filen {name} kan ikke læses.", name=path.name), log_detail=repr(error)) from error
    if not data or len(data) > _BIGGEST_FILE:
        raise Refused(say("Filen er tom eller større end 100 MB og kan ikke vedhæftes."))
    digest = hashlib.sha256(data).hexdigest()
    with desk.workspace.write() as tx:
        outbox.store_blob(tx, digest, data, mimetypes.guess_type(path.name)[0] or "application/octet-stream")
    return _add(desk, sys_id, ChangeKind.ATTACHMENT, field=path.name, mine=digest, drafted="")


def download(desk: Desk, attachment: Attachment) -> bytes:
    """The bytes of a file on a case, from the workspace or else from ServiceNow."""
    with desk.workspace.read() as tx:
        kept = cases.attachment_bytes(tx, attachment.sys_id)
    if kept is not None:
        return kept
    servicenow = desk.systems.servicenow()
    if servicenow is None:
        raise Refused(say("ServiceNow er ikke sat op, så filen kan ikke hentes."))
    data = servicenow.download(attachment.sys_id)
    with desk.workspace.write() as tx:
        cases.store_attachment_bytes(tx, attachment.sys_id, data)
    return data


def tick(desk: Desk, sys_id: str, step: str, *, done: bool) -> None:
    """Tick a step of the checklist, or take the tick back."""
    with desk.workspace.write() as tx:
        drafts.tick(tx, sys_id, step, done, desk.user)
    desk.events.publish("cases", sys_id)


def mark_read(desk: Desk, sys_id: str) -> None:
    """The user has looked: what changed until now is no longer new."""
    with desk.workspace.write() as tx:
        cases.mark_read(tx, sys_id)
    desk.events.publish("cases", sys_id)


def undo(desk: Desk, change_id: str) -> bool:
    """Take back a change that has not been sent; False when it is too late."""
    with desk.workspace.write() as tx:
        taken = outbox.take_back(tx, change_id)
    desk.events.publish("outbox", change_id)
    desk.events.publish("cases")
    return taken


def letter(desk: Desk, sys_id: str, letter_id: str) -> str:
    """The text of a letter, filled in. Raises `Refused` while a check forbids it."""
    opened = open_case(desk, sys_id)
    chosen = next((one for one in opened.letters if one.id == letter_id), None)
    if opened.process is None or opened.facts is None or chosen is None:
        raise Refused(say("Brevet passer ikke til sagen, som den ser ud nu."))
    if opened.blocked:
        first = next(finding.message for finding in opened.findings if finding.severity == "error")
        raise Refused(say("Brevet kan ikke laves endnu: {reason}", reason=first))
    return render_letter(chosen, opened.process, opened.facts)


def today(desk: Desk) -> date:
    """The day it is in Copenhagen."""
    return desk.clock().astimezone(_PLACE).date()


def _opened(desk: Desk, tx: Tx, record: CaseRecord) -> OpenCase:
    process = catalogue().get(record.row.process)
    drafted = drafts.load(tx, record.row.sys_id)
    told = _about(desk, record)
    who = _who(tx, record.row.sys_id, told)
    engagement = organisation.engagement(tx, who.employment.tjenestenr) if who.employment else None
    unit = _unit(tx, engagement.kkorgnr if engagement else "", who.employment)
    known = Known(
        record=record.server,
        record_as_of=record.row.updated,
        employment=who.employment,
        employments=who.candidates,
        opus_unit=organisation.opus_unit(tx, who.employment.unit_id) if who.employment else None,
        engagement=engagement,
        unit=unit,
        draft=_drafted_values(process, drafted),
        today=today(desk),
        settings=tables(process, desk.settings) if process else {},
    )
    fields = fill(process, known) if process else ()
    case_facts = facts(fields, known) if process else None
    return OpenCase(
        record=record,
        process=process,
        fields=fields,
        findings=checking.check_case(process, case_facts) if process and case_facts else (),
        steps=_steps(tx, record.row.sys_id, process, case_facts),
        who=who,
        unit=unit,
        earlier=_earlier(desk, tx, record, told, who),
        drafts=drafted,
        pending=[one for one in outbox.entries(tx) if one.case_id == record.row.sys_id],
        facts=case_facts,
        choices=_offered(tx, record, process),
    )


def _offered(tx: Tx, record: CaseRecord, process: Process | None) -> dict[str, list[str]]:
    fields = [field for field in process.fields if field.writes_to] if process else []
    offered = {field.id: choices.of(tx, record.row.table, field.writes_to) for field in fields}
    return {name: [one.label for one in known if not one.inactive] for name, known in offered.items() if known}


def _about(desk: Desk, record: CaseRecord) -> About:
    if desk.settings.servicenow is None:
        return About("", "", "", "")
    return about(record.server, desk.settings.servicenow, {})


def _who(tx: Tx, sys_id: str, told: About) -> Who:
    """The employment chosen, named, or the only one that runs. Where several fit: ask, never guess."""
    chosen = drafts.chosen_employment(tx, sys_id)
    named = people.employment(tx, chosen or told.tjenestenr) if chosen or told.tjenestenr else None
    cpr = told.cpr or (named.cpr if named else "")
    candidates = people.employments_of(tx, cpr) if cpr else []
    if named is not None and told.cpr and named.cpr != told.cpr:
        trouble = say(
            "Tjenestenummeret på sagen hører til et andet CPR-nummer i OPUS. Vælg den rigtige ansættelse."
        )
        return Who(None, candidates, must_choose=bool(candidates), trouble=trouble)
    if named is not None:
        return Who(named, candidates, must_choose=False, trouble="")
    running = [one for one in candidates if not one.ended and one.entry_date is not None]
    if len(running) == 1:
        return Who(running[0], candidates, must_choose=False, trouble="")
    if running:
        trouble = say("Personen har {count} ansættelser. Vælg den, sagen handler om.", count=len(running))
        return Who(None, candidates, must_choose=True, trouble=trouble)
    if told.cpr or told.tjenestenr:
        return Who(
            None,
            candidates,
            must_choose=bool(candidates),
            trouble=say("Personen findes ikke i det seneste OPUS-udtræk."),
        )
    return Who(
        None,
        (),
        must_choose=False,
        trouble=say("Sagen siger ikke, hvem den handler om. Find personen i søgefeltet."),
    )


def _unit(tx: Tx, kkorgnr: str, employment: Employment | None) -> KkorgUnit | None:
    if kkorgnr:
        return organisation.kkorg_unit(tx, kkorgnr)
    return organisation.kkorg_unit_of_opus(tx, employment.unit_id) if employment else None


def _steps(tx: Tx, sys_id: str, process: Process | None, known: CaseFacts | None) -> list[Ticked]:
    if process is None or known is None:
        return []
    ticked = drafts.ticks(tx, sys_id)
    fitting = (step for step in process.steps if step.only_if is None or step.only_if(known))
    return [Ticked(step, step.id in ticked, ticked.get(step.id, "")) for step in fitting]


def _earlier(desk: Desk, tx: Tx, record: CaseRecord, told: About, who: Who) -> list[QueueRow]:
    cpr = told.cpr or (who.employment.cpr if who.employment else "")
    return cases.earlier_cases(tx, cpr, told.tjenestenr, record.row.sys_id, me(desk, tx))


def _drafted_values(process: Process | None, drafted: Mapping[str, str]) -> dict[str, str]:
    """Typed text in stored form; text that cannot be read yet is shown as typed and found by the checks."""
    if process is None:
        return {}
    fields = {field.id: field for field in process.fields}
    return {one: kinds.stored_or_typed(fields[one].kind, text) for one, text in drafted.items() if one in fields}


def _stored(field: Field, text: str) -> str:
    return kinds.stored(field.kind, text, label=field.label)


def _set_by_hand(field: Field, text: str) -> str:
    if not field.editable and field.kind is not Kind.TJENESTENR:
        raise Refused(say("{field} hentes og kan ikke rettes her.", field=field.label))
    return _stored(field, text)


def _raw(tx: Tx, record: CaseRecord, field: str, value: str) -> str:
    """A raw value as given, or the value of a choice given by its label."""
    known = choices.of(tx, record.row.table, field)
    by_label = {choice.label.casefold(): choice.value for choice in known}
    if known and value not in {choice.value for choice in known}:
        if value.casefold() in by_label:
            return by_label[value.casefold()]
        if value:
            fitting = ", ".join(choice.label for choice in known if not choice.inactive)
            raise Refused(say("{field} kan være: {fitting}.", field=field, fitting=fitting))
    return value


def _record(desk: Desk, tx: Tx, sys_id: str) -> CaseRecord:
    record = cases.record(tx, sys_id, me(desk, tx))
    if record is None:
        raise Refused(say("Sagen findes ikke mere her. Hent sager igen."))
    return record


def _add(desk: Desk, sys_id: str, kind: ChangeKind, *, field: str, mine: str, drafted: str) -> PendingChange:
    with desk.workspace.write() as tx:
        record = _record(desk, tx, sys_id)
        change = PendingChange(
            id=new_id(),
            case_id=sys_id,
            table=record.row.table,
            number=record.row.number,
            kind=kind,
            field=field,
            base="",
            mine=mine,
            theirs="",
            state=ChangeState.WAITING,
            tries=0,
            next_try=None,
            detail="",
            made_at=desk.clock(),
            sent_at=None,
            user=desk.user,
        )
        outbox.add(tx, change)
        if drafted:
            drafts.clear(tx, sys_id, [drafted])
        audit.append(tx, user=desk.user, role=desk.role, act=kind.value, case=record.row.number)
    desk.events.publish("outbox", change.id)
    desk.events.publish("cases", sys_id)
    return change
