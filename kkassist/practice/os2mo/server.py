"""OS2mo's GraphQL v30 over HTTP: units, persons, engagements and managers, paged, in time.

Field and filter names are those of the published schema. As documented there, a page may be shorter than its
limit, or empty, and still have a next cursor: a page is cut out before validity is looked at.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from kkassist.practice.city import City
from kkassist.practice.os2mo.graphql import GraphqlError, Node, Resolver, execute
from kkassist.practice.os2mo.organisation import FOREVER, Organisation, Thing, Version, organisation_of
from kkassist.practice.plumbing import Faults, Request, Response, Routes, RunningServer, json_response
from kkassist.practice.population import stable_uuid

PLACE: Final = ZoneInfo("Europe/Copenhagen")
FAULTS: Final = (
    "empty-page",  # a page without objects but with a next cursor
    "short-page",  # a page of half the size
    "kkorg-error",  # 500
    "kkorg-unavailable",  # 503 with Retry-After
    "kkorg-signed-out",  # 401
    "graphql-error",  # 200 with errors and data null
    "kkorg-cut",  # the body ends too early
    "slow",  # the answer takes two seconds
)
_KEPT_STATES = 3
_ANY = (date.min, FOREVER)
Range = tuple[date, date]


@dataclass(frozen=True, slots=True)
class _Seen:
    """A thing together with the span of time that the question was about."""

    thing: Thing
    span: Range


@dataclass(frozen=True, slots=True)
class _At:
    """A thing as it was in one version."""

    thing: Thing
    version: Version
    span: Range


class RunningOs2mo:
    """A practice OS2mo on loopback: `base_url` (GraphQL under `/graphql/v30`), `faults`, `stop()`."""

    def __init__(self, city: Callable[[], City], *, token: str = "", faults: Sequence[str] = ()) -> None:
        """With `token` every query must carry it as a bearer token."""
        self.faults = Faults(FAULTS)
        for name in faults:
            self.faults.plan(name)
        self._city = city
        self._token = token
        self._states: dict[str, _State] = {}
        routes = Routes()
        routes.add("POST", "/graphql/v30", self._graphql)
        routes.add("POST", "/practice/faults", self.faults.handle)
        self.server = RunningServer("kkorg", routes)
        self.base_url = self.server.base_url

    @property
    def organisation(self) -> Organisation:
        """What is served now, with `disagreements` between it and OPUS."""
        return self._state().organisation

    def stop(self) -> None:
        self.server.stop()

    def __enter__(self) -> "RunningOs2mo":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _state(self) -> "_State":
        """The state for today's city. Earlier ones are kept a while for the cursors that still point into them."""
        city = self._city()
        name = f"{city.seed}-{city.today}-{len(city.employments)}"
        if name not in self._states:
            self._states = dict(list(self._states.items())[-_KEPT_STATES + 1 :])
            self._states[name] = _State(name, organisation_of(city), city.today, self.faults)
        return self._states[name]

    def _graphql(self, request: Request, _: re.Match[str]) -> Response:
        if self._token and request.headers.get("authorization") != f"Bearer {self._token}":
            return json_response({"msg": "Not authenticated"}, 401)
        if fault := self._fault():
            return fault
        try:
            response = json_response({"data": self._data(request)})
        except GraphqlError as error:
            response = _errors(str(error))
        cut = len(response.body) // 2 if self.faults.strike("kkorg-cut") else None
        delay = 2.0 if self.faults.strike("slow") else 0.0
        return Response(response.status, response.body, cut_after=cut, delay_s=delay)

    def _fault(self) -> Response | None:
        if self.faults.strike("kkorg-error"):
            return Response(500, b"Internal Server Error", content_type="text/plain")
        if self.faults.strike("kkorg-unavailable"):
            return json_response({"detail": "unavailable"}, 503, (("Retry-After", "1"),))
        if self.faults.strike("kkorg-signed-out"):
            return json_response({"msg": "Not authenticated"}, 401)
        if self.faults.strike("graphql-error"):
            return _errors("ErrorCodes.E_UNKNOWN")
        return None

    def _data(self, request: Request) -> dict[str, object]:
        try:
            body = request.json()
        except ValueError:
            raise GraphqlError("The body is not JSON.") from None
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            raise GraphqlError("No GraphQL query found in the request")
        variables = body.get("variables") or {}
        state = self._state()
        earlier = {name: one for name, one in self._states.items() if one is not state}
        return execute(
            body["query"], variables, body.get("operationName"), state.types(earlier), Node("Query", None)
        )


def knows(organisation: Organisation) -> dict[str, list[str]]:
    """The fields that are served, by type: all of them are the published schema's."""
    types = _State("", organisation, date.min, Faults(())).types({})
    return {kind: list(names) for kind, names in types.items()}


def _errors(message: str) -> Response:
    return json_response({"data": None, "errors": [{"message": message}]})


class _State:
    """Resolvers over one state of the organisation."""

    def __init__(self, name: str, organisation: Organisation, today: date, faults: Faults) -> None:
        self.name = name
        self.organisation = organisation
        self._today = today
        self._faults = faults

    def types(self, earlier: Mapping[str, "_State"]) -> Mapping[str, Mapping[str, Resolver]]:
        """What each type's fields give. `earlier` states serve the cursors that were given out for them."""
        return {
            "Query": {
                "version": lambda _, __: Node("Version", None),
                "org": lambda _, __: Node("Organisation", None),
                **{root: self._root(root, earlier) for root in _ROOTS},
            },
            "Version": {"mo_version": lambda _, __: "practice", "mo_hash": lambda _, __: None},
            "Organisation": {
                "uuid": lambda _, __: stable_uuid("organisation"),
                "name": lambda _, __: "Københavns Kommune",
            },
            "PageInfo": {"next_cursor": lambda cursor, _: cursor},
            "Class": {
                "uuid": lambda name, _: stable_uuid("class", str(name)),
                "user_key": lambda name, _: name,
                "name": lambda name, _: name,
                "full_name": lambda name, _: name,
                "scope": lambda _, __: "TEXT",
            },
            "ClassResponse": {
                "uuid": lambda name, _: stable_uuid("class", str(name)),
                "current": lambda name, _: Node("Class", name),
            },
            "Validity": _VALIDITY,
            "OpenValidity": _VALIDITY,
            **{f"{kind}ResponsePaged": _paged() for kind in _KINDS},
            **{f"{kind}Response": self._response(kind) for kind in _KINDS},
            "OrganisationUnit": self._unit_fields(),
            "Employee": self._person_fields(),
            "Engagement": self._engagement_fields(),
            "Manager": self._manager_fields(),
        }

    def matching(self, root: str, wanted: Mapping[str, object]) -> list[Thing]:
        """The things a filter keeps, whatever their validity; GraphqlError for a filter that is not practised."""
        kept = list(self._collection(root).values())
        for name, value in wanted.items():
            if name in {"from_date", "to_date", "registration_time"} or (value is None and name != "parent"):
                continue
            test = self._test(root, name, value)
            kept = [one for one in kept if test(one)]
        return kept

    def _collection(self, root: str) -> Mapping[str, Thing]:
        found: Mapping[str, Thing] = getattr(self.organisation, _ROOTS[root][1])
        return found

    def _test(self, root: str, name: str, value: object) -> Callable[[Thing], bool]:
        if name in {"uuids", "user_keys", "names", "cpr_numbers"} and isinstance(value, list):
            wanted = {str(one).replace("-", "") if name == "cpr_numbers" else str(one) for one in value}
            attribute = {"uuids": "uuid", "user_keys": "user_key", "names": "name", "cpr_numbers": "cpr"}[name]
            return lambda one: getattr(one, attribute) in wanted
        if name == "query" and isinstance(value, str):
            needle = value.lower()
            return lambda one: needle in one.name.lower() or needle == one.user_key
        if root == "org_units":
            return self._unit_test(name, value)
        if name in {"employee", "employees"} and root in {"engagements", "managers"}:
            people = self._uuids("persons", value)
            return lambda one: one.person in people
        if name in {"org_unit", "org_units"} and root in {"engagements", "managers"}:
            units = self._uuids("org_units", value)
            return lambda one: any(version.unit in units for version in one.versions)
        if name == "exclude" and root == "managers":
            people = self._uuids("persons", value)
            return lambda one: one.person not in people
        raise GraphqlError(f"Field '{name}' is not a filter of '{root}' that the practice city knows.")

    def _unit_test(self, name: str, value: object) -> Callable[[Thing], bool]:
        if name == "parent" and value is None:
            return lambda one: not one.parent
        if name not in {"parent", "parents", "ancestor", "subtree", "descendant", "child"}:
            raise GraphqlError(f"Field '{name}' is not a filter of 'org_units' that the practice city knows.")
        units = self._uuids("org_units", value)
        organisation = self.organisation
        if name in {"parent", "parents"}:
            return lambda one: one.parent in units
        if name in {"ancestor", "subtree"}:
            return lambda one: one.uuid in units or any(up.uuid in units for up in organisation.ancestors(one))
        children = [organisation.units[uuid] for uuid in units]
        if name == "child":
            parents = {one.parent for one in children}
            return lambda one: one.uuid in parents
        above = units | {up.uuid for one in children for up in organisation.ancestors(one)}
        return lambda one: one.uuid in above

    def _uuids(self, root: str, value: object) -> set[str]:
        if isinstance(value, list):
            return {str(one) for one in value}
        if not isinstance(value, dict):
            raise GraphqlError("A filter is an object.")
        return {one.uuid for one in self.matching(root, value)}

    def _root(self, root: str, earlier: Mapping[str, "_State"]) -> Resolver:
        def resolve(_: object, given: Mapping[str, object]) -> Node:
            _only(
                given,
                {"filter", "limit", "cursor", "inherit"} if root == "managers" else {"filter", "limit", "cursor"},
            )
            wanted = _dictionary(given.get("filter"))
            state, offset = self._behind(given.get("cursor"), earlier)
            return state.page(root, wanted, given, offset)

        return resolve

    def _behind(self, cursor: object, earlier: Mapping[str, "_State"]) -> tuple["_State", int]:
        if cursor is None:
            return self, 0
        try:
            name, offset = json.loads(base64.b64decode(str(cursor), validate=True))
        except (binascii.Error, ValueError, TypeError):
            raise GraphqlError("Variable '$cursor' got invalid value.") from None
        state = self if name == self.name else earlier.get(name)
        if state is None:
            raise GraphqlError("The cursor is too old.")
        return state, int(offset)

    def page(self, root: str, wanted: Mapping[str, object], given: Mapping[str, object], offset: int) -> Node:
        """One page: cut by position first, looked at for validity afterwards."""
        kind = _ROOTS[root][0]
        span = self._span(wanted)
        things = self.matching(root, wanted)
        if root == "managers" and given.get("inherit") is True:
            things = self._inherited(things, wanted)
        limit = given.get("limit")
        if limit is not None and (not isinstance(limit, int) or limit < 0):
            raise GraphqlError(f"int cannot represent value: {limit}")
        size = len(things) if limit is None else limit
        if limit is not None and self._faults.strike("empty-page"):
            return _page(kind, [], self._cursor(offset))
        if limit is not None and self._faults.strike("short-page"):
            size = max(1, size // 2)
        window = things[offset : offset + size]
        seen = [_Seen(one, span) for one in window if any(version.overlaps(*span) for version in one.versions)]
        full = limit is not None and limit > 0 and len(window) == size
        return _page(kind, seen, self._cursor(offset + size) if full else None)

    def _cursor(self, offset: int) -> str:
        return base64.b64encode(json.dumps([self.name, offset]).encode()).decode()

    def _inherited(self, found: list[Thing], wanted: Mapping[str, object]) -> list[Thing]:
        """Managers of the units asked for, or of the nearest unit above that has one."""
        if found or "org_unit" not in wanted:
            return found
        units = [self.organisation.units[uuid] for uuid in self._uuids("org_units", wanted["org_unit"])]
        return [manager for unit in units for manager in self._managers(unit, inherit=True)]

    def _managers(self, unit: Thing, *, inherit: bool) -> list[Thing]:
        managers = list(self.organisation.managers_of.get(unit.uuid, ()))
        if managers or not inherit or not unit.parent:
            return managers
        return self._managers(self.organisation.units[unit.parent], inherit=True)

    def _span(self, wanted: Mapping[str, object]) -> Range:
        """Without dates: today. Null is open; a start alone asks about that day."""
        start = _day(wanted["from_date"], date.min) if "from_date" in wanted else self._today
        if "to_date" in wanted:
            return start, _day(wanted["to_date"], FOREVER)
        return start, (start + timedelta(days=1) if start > date.min else FOREVER)

    # Fields

    def _response(self, kind: str) -> Mapping[str, Resolver]:
        def current(seen: object, given: Mapping[str, object]) -> Node | None:
            assert isinstance(seen, _Seen)
            _only(given, {"at", "registration_time"})
            day = _day(given.get("at"), self._today)
            version = _on(seen.thing, day)
            return Node(kind, _At(seen.thing, version, seen.span)) if version else None

        def validities(seen: object, given: Mapping[str, object]) -> list[Node]:
            assert isinstance(seen, _Seen)
            _only(given, {"start", "end", "registration_time"})
            span = seen.span
            if "start" in given or "end" in given:
                span = _day(given.get("start"), date.min), _day(given.get("end"), FOREVER)
            versions = [version for version in seen.thing.versions if version.overlaps(*span)]
            return [Node(kind, _At(seen.thing, version, span)) for version in versions]

        return {
            "uuid": lambda seen, _: seen.thing.uuid,  # type: ignore[attr-defined]
            "current": current,
            "validities": validities,
            "objects": validities,
        }

    def _seen(self, kind: str, thing: Thing | None, span: Range) -> Node | None:
        return Node(f"{kind}Response", _Seen(thing, span)) if thing else None

    def _now(self, kind: str, thing: Thing | None) -> Node | None:
        """A thing as it is today, or in its last version: what the older, direct fields give."""
        if thing is None:
            return None
        return Node(kind, _At(thing, _on(thing, self._today) or thing.versions[-1], _ANY))

    def _all_now(self, kind: str, things: Sequence[Thing]) -> list[Node | None]:
        return [self._now(kind, one) for one in things if _on(one, self._today)]

    def _unit_fields(self) -> Mapping[str, Resolver]:
        units = self.organisation.units
        return {
            **_plain("name"),
            "validity": lambda at, _: Node("Validity", _at(at).version),
            "parent_uuid": lambda at, _: _at(at).thing.parent or None,
            "parent": lambda at, _: self._now("OrganisationUnit", units.get(_at(at).thing.parent)),
            "parent_response": lambda at, _: self._seen(
                "OrganisationUnit", units.get(_at(at).thing.parent), _at(at).span
            ),
            "ancestors": lambda at, _: [
                self._now("OrganisationUnit", one) for one in self.organisation.ancestors(_at(at).thing)
            ],
            "children": lambda at, _: self._all_now(
                "OrganisationUnit", self.organisation.children_of.get(_at(at).thing.uuid, ())
            ),
            "child_count": lambda at, _: len(self.organisation.children_of.get(_at(at).thing.uuid, ())),
            "has_children": lambda at, _: _at(at).thing.uuid in self.organisation.children_of,
            "managers": lambda at, given: self._all_now(
                "Manager", self._managers(_at(at).thing, inherit=given.get("inherit") is True)
            ),
            "managers_response": lambda at, given: _page(
                "Manager",
                [
                    _Seen(one, _at(at).span)
                    for one in self._managers(_at(at).thing, inherit=given.get("inherit") is True)
                ],
                None,
            ),
            "engagements": lambda at, _: self._all_now(
                "Engagement", self.organisation.engagements_in.get(_at(at).thing.uuid, ())
            ),
            "unit_type_response": lambda _, __: None,
            "unit_level_response": lambda _, __: None,
        }

    def _person_fields(self) -> Mapping[str, Resolver]:
        return {
            **_plain("name", "given_name", "surname"),
            "givenname": lambda at, _: _at(at).thing.given_name,
            "cpr_number": lambda at, _: _at(at).thing.cpr,
            "cpr_no": lambda at, _: _at(at).thing.cpr,
            "nickname": lambda _, __: "",
            "validity": lambda at, _: Node("OpenValidity", _at(at).version),
            "engagements": lambda at, _: self._all_now(
                "Engagement", self.organisation.engagements_of.get(_at(at).thing.uuid, ())
            ),
            "engagements_response": lambda at, _: _page(
                "Engagement",
                [_Seen(one, _at(at).span) for one in self.organisation.engagements_of.get(_at(at).thing.uuid, ())],
                None,
            ),
        }

    def _engagement_fields(self) -> Mapping[str, Resolver]:
        return {
            **_plain(),
            **self._of_person_and_unit(),
            "is_primary": lambda _, __: True,
            "fraction": lambda _, __: None,
            "job_function": lambda at, _: Node("Class", _at(at).version.job),
            "job_function_response": lambda at, _: Node("ClassResponse", _at(at).version.job),
            "engagement_type": lambda _, __: Node("Class", "Ansat"),
            "engagement_type_response": lambda _, __: Node("ClassResponse", "Ansat"),
            "managers": lambda at, given: self._all_now("Manager", self._managers_for(_at(at), given)),
        }

    def _managers_for(self, at: _At, given: Mapping[str, object]) -> list[Thing]:
        unit: Thing | None = self.organisation.units[at.version.unit]
        without_self = given.get("exclude_self") is True
        while unit is not None:
            found = self._managers(unit, inherit=False)
            found = [one for one in found if not without_self or one.person != at.thing.person]
            if found or given.get("inherit") is not True:
                return found
            unit = self.organisation.units.get(unit.parent)
        return []

    def _manager_fields(self) -> Mapping[str, Resolver]:
        return {
            **_plain(),
            **self._of_person_and_unit(),
            "manager_type_response": lambda _, __: Node("ClassResponse", "Leder"),
            "manager_level_response": lambda _, __: None,
        }

    def _of_person_and_unit(self) -> dict[str, Resolver]:
        persons, units = self.organisation.persons, self.organisation.units
        return {
            "validity": lambda at, _: Node("Validity", _at(at).version),
            "employee_uuid": lambda at, _: _at(at).thing.person,
            "org_unit_uuid": lambda at, _: _at(at).version.unit,
            "person": lambda at, _: [self._now("Employee", persons[_at(at).thing.person])],
            "employee": lambda at, _: [self._now("Employee", persons[_at(at).thing.person])],
            "org_unit": lambda at, _: [self._now("OrganisationUnit", units[_at(at).version.unit])],
            "person_response": lambda at, _: self._seen("Employee", persons[_at(at).thing.person], _at(at).span),
            "org_unit_response": lambda at, _: self._seen(
                "OrganisationUnit", units[_at(at).version.unit], _at(at).span
            ),
        }


_ROOTS: Final = {
    "org_units": ("OrganisationUnit", "units"),
    "persons": ("Employee", "persons"),
    "employees": ("Employee", "persons"),
    "engagements": ("Engagement", "engagements"),
    "managers": ("Manager", "managers"),
}
_KINDS: Final = ("OrganisationUnit", "Employee", "Engagement", "Manager")


def _at(value: object) -> _At:
    assert isinstance(value, _At)
    return value


def _version(value: object) -> Version:
    assert isinstance(value, Version)
    return value


def _plain(*names: str) -> dict[str, Resolver]:
    def of(name: str) -> Resolver:
        return lambda at, _: getattr(_at(at).thing, name)

    return {name: of(name) for name in ("uuid", "user_key", *names)}


def _paged() -> Mapping[str, Resolver]:
    return {
        "objects": lambda page, _: _pair(page)[0],
        "page_info": lambda page, _: Node("PageInfo", _pair(page)[1]),
    }


def _pair(page: object) -> tuple[list[Node], str | None]:
    assert isinstance(page, tuple)
    return page


def _page(kind: str, seen: Sequence[_Seen], cursor: str | None) -> Node:
    return Node(f"{kind}ResponsePaged", ([Node(f"{kind}Response", one) for one in seen], cursor))


def _on(thing: Thing, day: date) -> Version | None:
    return next((version for version in thing.versions if version.start <= day < version.end), None)


def _only(given: Mapping[str, object], known: set[str]) -> None:
    for name in given:
        if name not in known:
            raise GraphqlError(f"Unknown argument '{name}'.")


def _dictionary(value: object) -> Mapping[str, object]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise GraphqlError("A filter is an object.")
    return value


def _day(value: object, default: date) -> date:
    """The Danish day of an instant; `default` for null."""
    if value is None:
        return default
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise GraphqlError(f"DateTime cannot represent value: {value}") from None
    return at.astimezone(PLACE).date() if at.tzinfo else at.date()


def _instant(day: date) -> str | None:
    """Midnight in Copenhagen with its offset; None for "until further notice"."""
    if day in {date.min, FOREVER}:
        return None
    return datetime.combine(day, time(), PLACE).isoformat()


_VALIDITY: Final[Mapping[str, Resolver]] = {
    "from": lambda version, _: _instant(_version(version).start),
    "to": lambda version, _: _instant(_version(version).end),
}
