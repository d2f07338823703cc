"""The seeded cases: what caseworkers of Koncernservice have before them, and what they closed earlier.

Plausible, and awkward in the ways real ones are: only a CPR where several employments fit, a name or a unit that
disagrees with OPUS, many changes in one second, two records with one number, HTML in notes, clocks on hold.
"""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from kkassist.practice.city import City, Employment
from kkassist.practice.servicenow.attachment_api import Upload, keep_file
from kkassist.practice.servicenow.call import Instance
from kkassist.practice.servicenow.clock import duration, stamp
from kkassist.practice.servicenow.little_files import pdf, workbook
from kkassist.practice.servicenow.people import People
from kkassist.practice.servicenow.schema import is_kind_of
from kkassist.practice.servicenow.tables import Row
from kkassist.practice.servicenow.texts import CLOSE_NOTES, COMMENTS, KINDS, MONTHS, WORK_NOTES, Kind

_SHARE_CLOSED: Final = 0.35
_SHARE_ONLY_CPR: Final = 0.12
_SHARE_DISAGREEING: Final = 0.06
_SHARE_HYPHENATED: Final = 0.08
_SHARE_CONFIDENTIAL: Final = 0.01
_SHARE_SECRET_BLOCK: Final = 0.025
_SHARE_IMPORTED: Final = 0.12
_SHARE_TWIN_NUMBER: Final = 0.006
_SHARE_WITH_FILES: Final = 0.06
_SHARE_IN_APPROVAL: Final = 0.04
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PAY_HEADER: Final = (
    "CPR-nr.", "Tjenestenr.", "Navn", "Lønart", "Beløb", "Pensionsgivende J/N", "Optjeningsperiode fra",
    "Optjeningsperiode til", "Udbetalingsmåned ÅÅÅÅ-MM", "Aftale-id", "Begrundelse", "Omkostningssted", "PSP",
)  # fmt: skip
_LEAVING_SHARES: Final = {"M": 56, "move": 8, "A": 20, "D": 5, "T": 11}
_STATES: Final[Mapping[str, Sequence[tuple[str, int]]]] = {
    "sn_hr_core_case": (("10", 34), ("18", 42), ("24", 13), ("20", 6), ("1", 5)),
    "sn_spend_sdc_service_request": (("100", 35), ("200", 40), ("250", 15), ("300", 10)),
    "sn_ap_cm_ap_case": (("100", 40), ("200", 45), ("250", 15)),
    "sn_customerservice_case": (("1", 35), ("10", 50), ("18", 15)),
    "task": (("1", 50), ("2", 40), ("-5", 10)),
}
_CLOSING: Final[Mapping[str, Sequence[str]]] = {
    "sn_hr_core_case": ("3", "3", "3", "4", "7"),
    "sn_spend_sdc_service_request": ("400", "400", "500"),
    "sn_ap_cm_ap_case": ("400", "400", "500"),
    "sn_customerservice_case": ("3", "6", "3"),
    "task": ("3", "3", "4"),
}
_ON_HOLD: Final = frozenset({"24", "250", "-5"})


@dataclass(frozen=True, slots=True)
class References:
    """The sys_ids of what cases point to, by name."""

    services: Mapping[str, str]
    topics: Mapping[str, str]
    slas: Mapping[str, str]
    company: str
    card: Mapping[str, str]


class CaseMaker:
    """Makes cases one after the other from one stream of random numbers."""

    def __init__(
        self,
        instance: Instance,
        city: City,
        people: People,
        references: References,
        *,
        rng: random.Random,
        now: datetime,
    ) -> None:
        self._instance = instance
        self._tables = instance.tables
        self._city = city
        self._people = people
        self._refs = references
        self._rng = rng
        self._now = now
        self._imports = [stamp(now - timedelta(hours=hours)) for hours in (5, 29, 29 * 24)]
        self._secret_at = stamp(now - timedelta(days=9))
        self._group_members = {kind.group: people.members(kind.group) for kind in KINDS}
        self._numbers: list[tuple[str, str]] = []
        self._by_cpr: dict[str, list[Employment]] = defaultdict(list)
        for employment in city.employments:
            self._by_cpr[employment.cpr].append(employment)
        self._pool: list[Employment] = []

    def make(self, cases: int) -> None:
        """So many rows of `task` in all."""
        employed = [one for one in self._city.employments if one.leave_date is None]
        several = [one for one in employed if len(self._by_cpr[one.cpr]) > 1]
        size = min(len(employed), max(1, cases * 2 // 5))
        self._pool = self._rng.sample(employed, size) + several[: size // 8]
        shares = [kind.share for kind in KINDS]
        secret = int(cases * _SHARE_SECRET_BLOCK)
        while self._tables.count("task") < cases:
            room = cases - self._tables.count("task")
            if room <= secret:
                self._secret_case()
                continue
            kind = self._rng.choices(KINDS, shares)[0]
            if kind.key == "katalog" and room - secret >= 3:
                self._ordered_item(kind)
            elif kind.key != "katalog":
                self._case(kind)

    def _case(self, kind: Kind) -> Row:
        rng = self._rng
        employment = rng.choice(self._pool)
        closed = rng.random() < _SHARE_CLOSED
        opened = self._opening(closed)
        values = self._about(kind, employment, opened) | self._worked_on(kind, opened, closed=closed)
        if rng.random() < _SHARE_TWIN_NUMBER and self._numbers:
            table, number = rng.choice(self._numbers[-40:])
            if table != kind.table:
                values["number"] = number
        row = self._add(kind, values, opened, closed=closed)
        self._talk(row, opened)
        self._clock_of(kind, row, opened, closed=closed)
        if not closed and rng.random() < _SHARE_IN_APPROVAL and is_kind_of(kind.table, "sn_hr_core_case"):
            self._ask_approval(row)
        if kind.key == "resultatloen" or rng.random() < _SHARE_WITH_FILES:
            self._attach(kind, row, employment)
        return row

    def _opening(self, closed: bool) -> datetime:
        """In working hours, over the last months; closed ones reach further back."""
        back = self._rng.uniform(12, 420) if closed else self._rng.uniform(0.05, 120) * self._rng.random()
        at = self._now - timedelta(days=back)
        office = at.replace(hour=6 + at.hour % 9)
        return min(office, self._now - timedelta(minutes=20)).replace(microsecond=0)

    def _about(self, kind: Kind, employment: Employment, opened: datetime) -> dict[str, str]:
        """What the case is about: person, service, texts, and the form's own fields."""
        rng = self._rng
        unit = self._city.units_by_opus_id[employment.unit_opus_id]
        words = {
            "name": employment.name,
            "unit": unit.name,
            "month": MONTHS[(opened.month - 2) % 12],
            "amount": f"{rng.randint(4, 480) * 100:,}".replace(",", "."),
        }
        subject = self._people.employee(employment)
        values = {
            "short_description": rng.choice(kind.titles).format(**words),
            "description": rng.choice(kind.descriptions).format(**words),
            "assignment_group": self._people.groups[kind.group],
            "company": self._refs.company,
        }
        if is_kind_of(kind.table, "sn_hr_core_case"):
            values |= self._hr_fields(kind, employment, subject)
            if kind.key == "fratraedelse":
                values |= self._leaving(opened.date())
            elif kind.key == "jobskifte":
                values |= {"u_aarsag": "08", "u_ny_enhed": rng.choice(self._city.units).kkorgnr}
            else:
                values["u_loenperiode"] = opened.strftime("%Y-%m")
        elif kind.table in {"sn_spend_sdc_service_request", "sn_ap_cm_ap_case"}:
            values |= self._money_fields(kind, employment, subject)
        elif kind.table == "sn_customerservice_case":
            values |= {"contact": subject, "category": "aktindsigt", "u_ansoegt_om": words["unit"]}
        return values

    def _hr_fields(self, kind: Kind, employment: Employment, subject: str) -> dict[str, str]:
        rng = self._rng
        unit = self._city.units_by_opus_id[employment.unit_opus_id]
        cpr, several = employment.cpr, len(self._by_cpr[employment.cpr]) > 1
        values = {
            "hr_service": self._refs.services[kind.service],
            "subject_person": subject,
            "opened_for": self._people.leader_of(employment),
            "topic_category": self._refs.topics["Løn" if "payroll" in kind.table else "Ansættelsesforhold"],
            "topic_detail": kind.service,
            "u_cpr": f"{cpr[:6]}-{cpr[6:]}" if rng.random() < _SHARE_HYPHENATED else cpr,
            "u_navn": employment.name,
            "u_enhed": unit.kkorgnr,
            "u_tjenestenr": employment.tjenestenr,
        }
        if rng.random() < _SHARE_ONLY_CPR or (several and rng.random() < 0.5):
            del values["u_tjenestenr"]
        if rng.random() < _SHARE_DISAGREEING:
            if rng.random() < 0.5:
                values["u_navn"] = _misspelled(employment.name)
            else:
                values["u_enhed"] = rng.choice(self._city.units).kkorgnr
        if rng.random() < 0.05:
            values["u_intern_vurdering"] = "Vurderet af teamlederen. Ikke til sagens parter."
        return values

    def _leaving(self, opened: date) -> dict[str, str]:
        """Who ended the employment, when notice came and which day is wished; a tenth in the middle of a month."""
        rng = self._rng
        way = rng.choices(tuple(_LEAVING_SHARES), tuple(_LEAVING_SHARES.values()))[0]
        received = opened - timedelta(days=rng.randint(0, 6))
        months = {"M": rng.choice((1, 1, 2)), "move": 1, "A": rng.choice((1, 3, 4, 5, 6)), "T": rng.choice((0, 1))}
        wished = _month_end(received, months.get(way, 0))
        if way == "D":
            wished = received
        elif rng.random() < 0.1:
            wished = wished.replace(day=15)
        reason = {"M": rng.choice(("01", "01", "02")), "move": "08", "D": "06", "T": "07"}
        values = {
            "u_initiativ": "M" if way == "move" else way,
            "u_opsigelse_modtaget": received.isoformat(),
            "u_oensket_fratraedelsesdato": wished.isoformat(),
            "u_aarsag": reason.get(way) or rng.choice(("03", "04", "05")),
        }
        if way == "move":
            values["u_ny_enhed"] = rng.choice(self._city.units).kkorgnr
        if way == "A" and rng.random() < 0.4:
            values["u_fritstillet_fra"] = (received + timedelta(days=rng.randint(1, 20))).isoformat()
        if rng.random() < 0.06:
            del values["u_initiativ"]
        if rng.random() < 0.05:
            del values["u_oensket_fratraedelsesdato"]
        return values

    def _money_fields(self, kind: Kind, employment: Employment, subject: str) -> dict[str, str]:
        rng = self._rng
        unit = self._city.units_by_opus_id[employment.unit_opus_id]
        values = {
            "opened_for": subject,
            "u_ydelse": kind.service,
            "u_enhed": unit.kkorgnr,
            "u_beloeb": f"{rng.randint(100, 4_800_000) / 100:.2f}",
            "u_omkostningssted": unit.cost_center,
            "u_ean": unit.ean,
        }
        if kind.key == "koersel":
            values |= {"u_cpr": employment.cpr, "u_tjenestenr": employment.tjenestenr}
        if kind.key == "faktura":
            values["u_fakturanr"] = str(rng.randint(100000, 999999))
        return values

    def _worked_on(self, kind: Kind, opened: datetime, *, closed: bool) -> dict[str, str]:
        """State, priority, who has it, and the dates around it."""
        rng = self._rng
        family = next((name for name in _STATES if name != "task" and is_kind_of(kind.table, name)), "task")
        states = _STATES[family]
        state = rng.choices([name for name, _ in states], [share for _, share in states])[0]
        values = {
            "state": rng.choice(_CLOSING[family]) if closed else state,
            "priority": rng.choices("12345", (1, 9, 38, 45, 7))[0],
            "urgency": rng.choice("123"),
            "impact": rng.choice("233"),
            "approval": "not requested",
            "contact_type": rng.choice(("self-service", "self-service", "email", "phone")),
            "opened_at": stamp(opened),
            "opened_by": self._people.users["erik.dam"],
            "assigned_to": self._assignee(kind, state, closed=closed),
        }
        if closed:
            end = min(opened + timedelta(days=rng.uniform(0.2, 11)), self._now - timedelta(hours=1))
            values |= {
                "active": "",
                "closed_at": stamp(end),
                "closed_by": values["assigned_to"],
                "close_notes": rng.choice(CLOSE_NOTES),
                "made_sla": "true",
                "time_worked": duration(rng.randint(2, 90) * 60),
            }
        elif rng.random() < 0.1:
            values["follow_up"] = stamp(self._now + timedelta(days=rng.randint(-1, 9)))
        return values

    def _assignee(self, kind: Kind, state: str, *, closed: bool) -> str:
        """anna.holm has her share; new cases are mostly nobody's yet."""
        rng, members = self._rng, self._group_members[kind.group]
        anna = self._people.users.get("anna.holm", "")
        if not closed and rng.random() < (0.75 if state in {"10", "100", "1"} else 0.12):
            return ""
        if anna in members and rng.random() < 0.3:
            return anna
        return rng.choice(members) if members else ""

    def _add(self, kind: Kind, values: dict[str, str], opened: datetime, *, closed: bool) -> Row:
        """With a trace: created when opened, changed since; a nightly job touched many in one second."""
        rng = self._rng
        last = datetime.fromisoformat(values["closed_at"]).replace(tzinfo=UTC) if closed else self._now
        touched = stamp(opened + (last - opened) * rng.random() ** 0.5)
        by = rng.choice(self._city.accounts).user_name
        if rng.random() < _SHARE_IMPORTED:
            later = [at for at in self._imports if at > stamp(opened)]
            touched, by = (later[0], "integration") if later else (touched, by)
        if rng.random() < _SHARE_CONFIDENTIAL:
            values["u_fortrolig"] = "true"
        trace = {
            "sys_created_on": stamp(opened),
            "sys_created_by": "erik.dam",
            "sys_updated_on": touched,
            "sys_updated_by": by,
            "sys_mod_count": str(rng.randint(0, 12)),
        }
        row = self._tables.add(kind.table, values | trace)
        self._numbers.append((kind.table, row["number"]))
        return row

    def _talk(self, row: Row, opened: datetime) -> None:
        rng = self._rng
        for _ in range(rng.choices((0, 1, 2, 3), (35, 35, 20, 10))[0]):
            element = rng.choice(("work_notes", "work_notes", "comments"))
            at = opened + (self._now - opened) * rng.random() ** 3
            self._tables.add(
                "sys_journal_field",
                {
                    "name": row["sys_class_name"],
                    "element": element,
                    "element_id": row["sys_id"],
                    "value": rng.choice(WORK_NOTES if element == "work_notes" else COMMENTS),
                },
                by=rng.choice(self._city.accounts).user_name,
                at=stamp(at),
            )

    def _clock_of(self, kind: Kind, row: Row, opened: datetime, *, closed: bool) -> None:
        """The case's SLA. Percentages are what a job found some hours ago, so they are wrong by now."""
        rng = self._rng
        if closed and rng.random() < 0.7:
            return
        start, end = opened, opened + timedelta(days=kind.sla_days)
        if not closed:
            end = self._now + self._time_to_breach(kind)
            start = min(opened, end - timedelta(hours=4))
        looked = start + (self._now - start) * 0.8
        share = (looked - start) / (end - start) * 100
        held = row["state"] in _ON_HOLD
        values = {
            "task": row["sys_id"],
            "sla": self._refs.slas[kind.key],
            "stage": "completed" if closed else "paused" if held else "in_progress",
            "active": "" if closed else "true",
            "start_time": stamp(start),
            "end_time": row.get("closed_at", ""),
            "planned_end_time": stamp(end),
            "has_breached": "true" if end < looked else "",
            "percentage": f"{share:.2f}",
            "business_percentage": f"{share * 0.8:.2f}",
            "time_left": duration(int((end - looked).total_seconds())),
            "business_time_left": duration(int((end - looked).total_seconds() * 0.35)),
            "pause_time": stamp(looked) if held and not closed else "",
            "schedule": "Kontortid 8-16",
        }
        self._tables.add("task_sla", values, at=stamp(looked))
        if not closed:
            dates = {"sla_due": stamp(end), "due_date": stamp(end + timedelta(hours=rng.choice((0, 0, 24))))}
            row.update(dates)

    def _time_to_breach(self, kind: Kind) -> timedelta:
        """Some are over, some have minutes, some have the day, most have days."""
        roll, rng = self._rng.random(), self._rng
        if roll < 0.1:
            return -timedelta(hours=rng.uniform(0.1, 300))
        if roll < 0.15:
            return timedelta(minutes=rng.uniform(4, 110))
        if roll < 0.32:
            return timedelta(hours=rng.uniform(2, 24))
        return timedelta(days=rng.uniform(1, kind.sla_days + 2))

    def _ask_approval(self, row: Row) -> None:
        row["approval"] = "requested"
        self._tables.add(
            "sysapproval_approver",
            {
                "approver": self._people.users["bent.kjaer"],
                "sysapproval": row["sys_id"],
                "source_table": row["sys_class_name"],
                "state": "requested",
                "due_date": row.get("due_date", ""),
            },
            at=row["sys_updated_on"],
        )

    def _attach(self, kind: Kind, row: Row, employment: Employment) -> None:
        if kind.key == "resultatloen":
            name, content, media = f"resultatloen_{row['number']}.xlsx", self._pay_sheet(row), _XLSX
        elif self._rng.random() < 0.4:
            cells = [["Navn", "Sag"], [employment.name, row["number"]]]
            name, content, media = f"oversigt_{row['number']}.xlsx", workbook(cells), _XLSX
        else:
            content = pdf(f"{row['short_description']} - {row['number']}")
            name, media = f"opsigelse_{row['number']}.pdf", "application/pdf"
        upload = Upload(row["sys_class_name"], row["sys_id"], name, media, content)
        keep_file(self._instance, upload, row["sys_updated_by"], row["sys_updated_on"])

    def _pay_sheet(self, row: Row) -> bytes:
        """A list of result pay as a unit sends it."""
        rng, lines = self._rng, [list(_PAY_HEADER)]
        year = row["opened_at"][:4]
        for employment in rng.sample(self._pool, min(6, len(self._pool))):
            unit = self._city.units_by_opus_id[employment.unit_opus_id]
            amount = f"{rng.randint(20, 300) * 100},00"
            lines.append(
                [
                    *(employment.cpr, employment.tjenestenr, employment.name, "ENG-RES", amount, "J"),
                    *(
                        f"01-01-{year}",
                        f"31-12-{year}",
                        row["u_loenperiode"],
                        f"RL-{year}-{rng.randint(1, 40):03}",
                    ),
                    *("Mål opfyldt", unit.cost_center, ""),
                ]
            )
        return workbook(lines)

    def _secret_case(self) -> None:
        """One of a block that an import made in one second and that only its own group may see."""
        kind = next(kind for kind in KINDS if kind.key == "aktindsigt")
        opened = self._now - timedelta(days=9, minutes=30)
        values = {
            "short_description": "Fortrolig henvendelse",
            "assignment_group": self._people.groups[kind.group],
            "state": "10",
            "priority": "3",
            "approval": "not requested",
            "opened_at": stamp(opened),
            "category": "aktindsigt",
            "u_fortrolig": "true",
            "sys_created_on": self._secret_at,
            "sys_updated_on": self._secret_at,
        }
        self._tables.add(kind.table, values, by="integration")

    def _ordered_item(self, kind: Kind) -> None:
        """A catalogue order: request, item and task, the answers to its questions, and a set of several rows."""
        item = self._case(kind)
        opened = {name: item.get(name, "") for name in ("opened_at", "assignment_group", "company", "priority")}
        trace = {name: value for name, value in item.items() if name.startswith("sys_") and name != "sys_id"}
        trace.pop("sys_class_name")
        employment = self._rng.choice(self._pool)
        holder = self._people.employee(employment)
        text = {"short_description": item["short_description"], "state": "1", "approval": "approved"}
        request = self._tables.add("sc_request", opened | trace | text | {"requested_for": holder})
        self._tables.add("sc_task", opened | trace | text | {"request_item": item["sys_id"]})
        item.update(
            request=request["sys_id"], cat_item=self._refs.card["item"], requested_for=holder, quantity="1"
        )
        answers = (("kortholder", holder), ("beloebsgraense", "10000"), ("begrundelse", "Indkøb til enheden"))
        at = item["sys_updated_on"]
        for name, value in answers:
            option = self._tables.add(
                "sc_item_option", {"item_option_new": self._refs.card[name], "value": value}, at=at
            )
            link = {"request_item": item["sys_id"], "sc_item_option": option["sys_id"]}
            self._tables.add("sc_item_option_mtom", link, at=at)
        for index, (purpose, amount) in enumerate((("Forplejning", "4000"), ("Materialer", "2500"))):
            for name, value in (("formaal", purpose), ("belob", amount)):
                row = {
                    "parent_id": item["sys_id"],
                    "parent_table_name": "sc_req_item",
                    "row_index": f"{item['sys_id'][:8]}{index}",
                    "item_option_new": self._refs.card[name],
                    "value": value,
                }
                self._tables.add("sc_multi_row_question_answer", row, at=at)


def _misspelled(name: str) -> str:
    """As a leader in a hurry writes it: another spelling, or the middle name left out."""
    for one, other in (("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("ch", "k"), ("s", "z")):
        if one in name:
            return name.replace(one, other, 1)
    return f"{name}n"


def _month_end(day: date, months: int) -> date:
    """The last day of the month so many months on."""
    index = day.year * 12 + day.month + months
    return date(index // 12, index % 12 + 1, 1) - timedelta(days=1)
