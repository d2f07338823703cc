"""KKorg as an OS2mo server: GraphQL v30, paged, half-open validity (`to` is the first day that no longer counts).

The queries are validated against the published schema in the tests.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from kkassist.domain.errors import OutOfReach
from kkassist.domain.language import say
from kkassist.domain.unit import KkorgEngagement, KkorgUnit
from kkassist.remote.http import Connection
from kkassist.remote.kkorg import placed_in_tree

PAGE = 500
_PLACE = ZoneInfo("Europe/Copenhagen")

UNITS: Final = """
query Units($from: DateTime, $limit: int, $cursor: Cursor) {
  org_units(filter: {from_date: $from, to_date: null}, limit: $limit, cursor: $cursor) {
    objects { uuid validities { user_key name parent_response { uuid } validity { from to } } }
    page_info { next_cursor }
  }
}
"""

LEADERS: Final = """
query Leaders($from: DateTime, $limit: int, $cursor: Cursor) {
  managers(filter: {from_date: $from, to_date: null}, limit: $limit, cursor: $cursor) {
    objects { uuid validities {
      org_unit_response { uuid } person_response { uuid current { name } } validity { from to }
    } }
    page_info { next_cursor }
  }
}
"""

ENGAGEMENTS: Final = """
query Engagements($from: DateTime, $limit: int, $cursor: Cursor) {
  engagements(filter: {from_date: $from, to_date: null}, limit: $limit, cursor: $cursor) {
    objects { uuid validities {
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


class Os2mo:
    """An `OrgMaster` over OS2mo. A unit's `user_key` is its kkorgnr, an engagement's its tjenestenr."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._kkorgnr: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def units(self, today: date) -> Sequence[KkorgUnit]:
        """See `OrgMaster`. Reads all units and leaders."""
        as_of = datetime.now(UTC)
        found = {uuid: unit for page in self._pages("org_units", today) for uuid, unit in page}
        self._kkorgnr = {uuid: unit["user_key"] for uuid, unit in found.items()}
        self._names = {uuid: unit["name"] for uuid, unit in found.items()}
        leaders = self._leaders(today)
        units = {unit["user_key"]: self._unit(uuid, unit, leaders, as_of) for uuid, unit in found.items()}
        return placed_in_tree(units)

    def engagements(self, today: date) -> Iterator[Sequence[KkorgEngagement]]:
        """See `OrgMaster`. Call `units` first: units are named from what it read."""
        as_of = datetime.now(UTC)
        for page in self._pages("engagements", today):
            yield [self._engagement(engagement, as_of) for _, engagement in page]

    def _leaders(self, today: date) -> dict[str, str]:
        """Unit uuid → leader's name, of those who lead today."""
        leaders: dict[str, str] = {}
        for page in self._pages("managers", today):
            for _, manager in page:
                start, _end = _validity(manager)
                name = _person(manager).get("name", "")
                if name and (start is None or start <= today):
                    leaders.setdefault(manager["org_unit_response"]["uuid"], name)
        return leaders

    def _unit(self, uuid: str, unit: Mapping[str, Any], leaders: Mapping[str, str], as_of: datetime) -> KkorgUnit:
        start, end = _validity(unit)
        parent = unit.get("parent_response") or {}
        return KkorgUnit(
            kkorgnr=unit["user_key"],
            uuid=uuid,
            name=unit["name"],
            parent_kkorgnr=self._kkorgnr.get(parent.get("uuid", ""), ""),
            path=(),
            forvaltning="",
            leader_name=leaders.get(uuid, ""),
            leader_inherited=False,
            start=start,
            end=end,
            opus_unit_id="",
            as_of=as_of,
        )

    def _engagement(self, engagement: Mapping[str, Any], as_of: datetime) -> KkorgEngagement:
        start, end = _validity(engagement)
        unit = engagement["org_unit_response"]["uuid"]
        job = (engagement.get("job_function_response") or {}).get("current") or {}
        person = _person(engagement)
        return KkorgEngagement(
            tjenestenr=engagement["user_key"],
            person_name=person.get("name") or "",
            cpr=(person.get("cpr_number") or "").replace("-", ""),
            kkorgnr=self._kkorgnr.get(unit, ""),
            unit_name=self._names.get(unit, ""),
            job_function=job.get("name") or "",
            start=start,
            end=end,
            as_of=as_of,
        )

    def _pages(self, root: str, today: date) -> Iterator[list[tuple[str, Mapping[str, Any]]]]:
        """Pages of (uuid, the validity that counts today or is next). A short or empty page is not the end."""
        midnight = datetime(today.year, today.month, today.day, tzinfo=_PLACE)
        cursor: str | None = None
        while True:
            variables = {"from": midnight.isoformat(), "limit": PAGE, "cursor": cursor}
            answer = self._ask(QUERIES[root], variables)[root]
            valid = ((one["uuid"], _counting(one["validities"], today)) for one in answer["objects"])
            yield [(uuid, validity) for uuid, validity in valid if validity is not None]
            following = answer["page_info"]["next_cursor"]
            if following is None:
                return
            if following == cursor:
                raise _nonsense("the cursor stands still")
            cursor = following

    def _ask(self, query: str, variables: Mapping[str, object]) -> dict[str, Any]:
        body = {"query": query, "variables": variables}
        answer = self._connection.send("POST", "", json=body, reads_only=True)
        try:
            decoded = json.loads(answer.body)
        except ValueError as error:
            raise _nonsense("no JSON") from error
        if not isinstance(decoded, dict) or decoded.get("errors") or not isinstance(decoded.get("data"), dict):
            raise _nonsense(json.dumps(decoded.get("errors") if isinstance(decoded, dict) else None)[:500])
        data: dict[str, Any] = decoded["data"]
        return data


def _nonsense(detail: str) -> OutOfReach:
    sentence = say("KKorg svarer ikke, som det skal. Oplysningerne herfra er de senest hentede.")
    return OutOfReach(sentence, system="kkorg", log_detail=detail)


def _person(of: Mapping[str, Any]) -> Mapping[str, Any]:
    current = (of.get("person_response") or {}).get("current") or {}
    return current if isinstance(current, Mapping) else {}


def _counting(validities: Sequence[Mapping[str, Any]], today: date) -> Mapping[str, Any] | None:
    """The validity that holds today, else the next one to begin; None when all are past."""
    dated = sorted(((*_validity(one), one) for one in validities), key=lambda one: one[0] or date.min)
    lasting = [(start, one) for start, end, one in dated if end is None or end > today]
    return lasting[0][1] if lasting else None


def _validity(of: Mapping[str, Any]) -> tuple[date | None, date | None]:
    """Half-open [from, to) as Copenhagen dates."""
    validity = of["validity"]
    return _day(validity["from"]), _day(validity["to"])


def _day(text: str | None) -> date | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(_PLACE).date()
