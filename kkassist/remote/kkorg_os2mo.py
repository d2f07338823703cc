"""KKorg as an OS2mo server: GraphQL v30, paged, half-open validity (`to` is the first day that no longer counts).

OS2mo refuses in its own way: status 200, and the reason among `errors`. Its `validities` without arguments are those
the filter let through, so both bounds are given: a change of anything splits a validity, and only the whole life
tells a move from a beginning or an end. The queries are validated against the published schema in the tests.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from kkassist.domain.errors import OutOfReach
from kkassist.domain.language import say
from kkassist.domain.unit import KkorgEngagement, KkorgUnit
from kkassist.remote.http import Connection, Refusal
from kkassist.remote.kkorg import placed_in_tree
from kkassist.remote.sign_in import needed

PAGE = 200
"""A real server needs some 6 ms for each object and nothing for the page, so short pages keep clear of time-outs."""
_PLACE = ZoneInfo("Europe/Copenhagen")

UNITS: Final = """
query Units($from: DateTime, $limit: int, $cursor: Cursor) {
  org_units(filter: {from_date: $from, to_date: null}, limit: $limit, cursor: $cursor) {
    objects { uuid validities(start: null, end: null) { user_key name parent_response { uuid } validity { from to } } }
    page_info { next_cursor }
  }
}
"""

LEADERS: Final = """
query Leaders($from: DateTime, $limit: int, $cursor: Cursor) {
  managers(filter: {from_date: $from, to_date: null}, limit: $limit, cursor: $cursor) {
    objects { uuid validities(start: null, end: null) {
      org_unit_response { uuid } person_response { uuid current { name } } validity { from to }
    } }
    page_info { next_cursor }
  }
}
"""

ENGAGEMENTS: Final = """
query Engagements($from: DateTime, $limit: int, $cursor: Cursor) {
  engagements(filter: {from_date: $from, to_date: null}, limit: $limit, cursor: $cursor) {
    objects { uuid validities(start: null, end: null) {
      user_key
      org_unit_response { uuid }
      person_response { uuid current { name cpr_number } }
      job_function_response { uuid current { name } }
      validity { from to }
    } }
    page_info { next_cursor }
  }
}
"""

QUERIES: Final = {"org_units": UNITS, "managers": LEADERS, "engagements": ENGAGEMENTS}
"""Root field → query: everything that is ever asked."""

ROLES: Final = ("read_org_unit", "read_employee", "read_engagement", "read_manager", "read_class")
"""The roles of OS2mo without which one of the queries is refused."""
_SIGNED_OUT: Final = "User is not authenticated"
_NO_ACCESS: Final = "No policy approved the access"
_ATTEMPTS: Final = 2


@dataclass(frozen=True, slots=True)
class _Version:
    """What OS2mo says of a thing today, or of its next time; `[start, end)` is the unbroken time around that."""

    uuid: str
    said: Mapping[str, Any]
    start: date | None
    end: date | None


class Os2mo:
    """An `OrgMaster` over OS2mo. A unit's `user_key` is its kkorgnr, an engagement's its tjenestenr."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kkorgnr: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def units(self, today: date) -> Sequence[KkorgUnit]:
        """See `OrgMaster`. Reads all units and leaders."""
        as_of = datetime.now(UTC)
        found = [unit for page in self._pages("org_units", today) for unit in page]
        self._kkorgnr = {unit.uuid: unit.said["user_key"] for unit in found}
        self._names = {unit.uuid: unit.said["name"] for unit in found}
        leaders = self._leaders(today)
        units: dict[str, KkorgUnit] = {}
        for one in sorted(found, key=lambda unit: unit.start or date.min):
            units.setdefault(one.said["user_key"], self._unit(one, leaders, as_of))
        return placed_in_tree(units)

    def engagements(self, today: date) -> Iterator[Sequence[KkorgEngagement]]:
        """See `OrgMaster`. Call `units` first: units are named from what it read.

        An engagement that was given no key has its uuid for one, which is nobody's tjenestenr: it is left out.
        """
        as_of = datetime.now(UTC)
        for page in self._pages("engagements", today):
            yield [self._engagement(one, as_of) for one in page if one.said["user_key"] != one.uuid]

    def _leaders(self, today: date) -> dict[str, str]:
        """Unit uuid → leader's name, of those who lead today."""
        leaders: dict[str, str] = {}
        for page in self._pages("managers", today):
            for manager in page:
                name = _person(manager.said).get("name", "")
                if name and (manager.start is None or manager.start <= today):
                    leaders.setdefault(manager.said["org_unit_response"]["uuid"], name)
        return leaders

    def _unit(self, unit: _Version, leaders: Mapping[str, str], as_of: datetime) -> KkorgUnit:
        parent = unit.said.get("parent_response") or {}
        return KkorgUnit(
            kkorgnr=unit.said["user_key"],
            uuid=unit.uuid,
            name=unit.said["name"],
            parent_kkorgnr=self._kkorgnr.get(parent.get("uuid", ""), ""),
            path=(),
            forvaltning="",
            leader_name=leaders.get(unit.uuid, ""),
            leader_inherited=False,
            start=unit.start,
            end=unit.end,
            opus_unit_id="",
            as_of=as_of,
        )

    def _engagement(self, engagement: _Version, as_of: datetime) -> KkorgEngagement:
        said = engagement.said
        unit = said["org_unit_response"]["uuid"]
        job = (said.get("job_function_response") or {}).get("current") or {}
        person = _person(said)
        return KkorgEngagement(
            tjenestenr=said["user_key"],
            person_name=person.get("name") or "",
            cpr=(person.get("cpr_number") or "").replace("-", ""),
            kkorgnr=self._kkorgnr.get(unit, ""),
            unit_name=self._names.get(unit, ""),
            job_function=job.get("name") or "",
            start=engagement.start,
            end=engagement.end,
            as_of=as_of,
        )

    def _pages(self, root: str, today: date) -> Iterator[list[_Version]]:
        """Pages of what counts today or is next. A short or empty page is not the end."""
        midnight = datetime(today.year, today.month, today.day, tzinfo=_PLACE)
        cursor: str | None = None
        while True:
            variables = {"from": midnight.isoformat(), "limit": PAGE, "cursor": cursor}
            answer = self._ask(QUERIES[root], variables)[root]
            versions = (_counting(one["uuid"], one["validities"], today) for one in answer["objects"])
            yield [version for version in versions if version is not None]
            following = answer["page_info"]["next_cursor"]
            if following is None:
                return
            if following == cursor:
                raise _nonsense("the cursor stands still")
            cursor = following

    def _ask(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        """The answer's `data`. A sign-in that OS2mo no longer knows is renewed once."""
        sign_in = self._connection.sign_in
        for _ in range(_ATTEMPTS):
            credential = next(iter(sign_in.headers().values()), "")
            answer = self._answer(query, variables)
            complaints = [one.get("message") for one in answer.get("errors") or ()]
            if _SIGNED_OUT not in complaints:
                return _data(answer, complaints)
            if not sign_in.renew(credential):
                break
        raise needed("kkorg", _SIGNED_OUT)

    def _answer(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        answer = self._connection.send("POST", "", json=body, reads_only=True)
        try:
            decoded = json.loads(answer.body)
        except ValueError as error:
            raise _nonsense("no JSON") from error
        if not isinstance(decoded, dict):
            raise _nonsense("no object")
        return decoded


def _data(answer: Mapping[str, Any], complaints: Sequence[str | None]) -> dict[str, Any]:
    if _NO_ACCESS in complaints:
        words = say("kkassist mangler læseadgang. Klienten skal have rollerne {roles}.", roles=", ".join(ROLES))
        raise Refusal("kkorg", 403, _NO_ACCESS, words)
    data = answer.get("data")
    if complaints or not isinstance(data, dict):
        raise _nonsense(json.dumps(complaints)[:500])
    return data


def _nonsense(detail: str) -> OutOfReach:
    sentence = say("KKorg svarer ikke, som det skal. Oplysningerne herfra er de senest hentede.")
    return OutOfReach(sentence, system="kkorg", log_detail=detail)


def _person(of: Mapping[str, Any]) -> Mapping[str, Any]:
    current = (of.get("person_response") or {}).get("current") or {}
    return current if isinstance(current, Mapping) else {}


def _counting(uuid: str, validities: Sequence[Mapping[str, Any]], today: date) -> _Version | None:
    """The validity that holds today, else the next one to begin; None when all are past."""
    dated = sorted(((*_validity(one), one) for one in validities), key=lambda one: one[0] or date.min)
    counting = next((n for n, (_, end, _) in enumerate(dated) if end is None or end > today), None)
    if counting is None:
        return None
    first = last = counting
    while first > 0 and dated[first - 1][1] == dated[first][0]:
        first -= 1
    while last + 1 < len(dated) and dated[last + 1][0] == dated[last][1]:
        last += 1
    return _Version(uuid, dated[counting][2], dated[first][0], dated[last][1])


def _validity(of: Mapping[str, Any]) -> tuple[date | None, date | None]:
    """Half-open [from, to) as Copenhagen dates."""
    validity = of["validity"]
    return _day(validity["from"]), _day(validity["to"])


def _day(text: str | None) -> date | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(_PLACE).date()
