"""KKorg: every query fits the published schema; the tree gives paths and inherited leaders; the mapping is checked.

What OS2mo answers here has the shape that a real server (v30) gave.
"""

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from kkassist.domain.errors import Misused, OutOfReach, SignInNeeded
from kkassist.domain.settings import HttpSettings
from kkassist.domain.unit import KkorgEngagement, KkorgUnit, OpusUnit
from kkassist.remote import kkorg_os2mo
from kkassist.remote.http import Connection, Refusal
from kkassist.remote.kkorg import placed_in_tree
from kkassist.remote.kkorg_opus import OpusOrganisation, read_mapping
from kkassist.remote.kkorg_os2mo import Os2mo
from kkassist.store import organisation
from kkassist.store.engine import Workspace, open_workspace
from kkassist.sync import pull_kkorg

SCHEMA = Path(__file__).parents[3] / "shared" / "formats" / "os2mo_v30.graphql"
AT = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.mark.skipif(not SCHEMA.exists(), reason="the published schema lies beside the checkout")
@pytest.mark.parametrize("root", sorted(kkorg_os2mo.QUERIES))
def test_every_query_fits_the_published_schema(root: str) -> None:
    schema = build_schema(SCHEMA.read_text(encoding="utf-8"), assume_valid_sdl=True)

    assert validate(schema, parse(kkorg_os2mo.QUERIES[root])) == []


def unit(kkorgnr: str, name: str, parent: str = "", leader: str = "") -> KkorgUnit:
    return KkorgUnit(kkorgnr, "", name, parent, (), "", leader, False, None, None, "", AT)


def test_a_unit_without_leader_has_the_nearest_one_above() -> None:
    tree = [
        unit("1", "KK", leader="Chefen"),
        unit("2", "BUF", "1"),
        unit("3", "Skolen", "2"),
        unit("4", "SFO", "3"),
    ]

    placed = {one.kkorgnr: one for one in placed_in_tree({one.kkorgnr: one for one in tree})}

    assert placed["4"].path == ("KK", "BUF", "Skolen")
    assert placed["4"].forvaltning == "BUF"
    assert (placed["4"].leader_name, placed["4"].leader_inherited) == ("Chefen", True)
    assert not placed["1"].leader_inherited


def test_a_cycle_in_the_tree_ends() -> None:
    tree = {"1": unit("1", "A", "2"), "2": unit("2", "B", "1")}

    assert {one.kkorgnr: one.path for one in placed_in_tree(tree)} == {"1": ("B",), "2": ("A",)}


def opus_unit(key: str, name: str, parent: str = "", end: date | None = None) -> OpusUnit:
    return OpusUnit(key, parent, "", name, None, end, "", "", "", "", "", "", "", "", AT)


def test_opus_units_take_their_keys_from_the_mapping(tmp_path: Path) -> None:
    path = tmp_path / "kkorg.csv"
    path.write_text("kkorgnr;opus_orgunit;navn;forvaltning\n1604;5;Skolen ved Søen;BUF\n", encoding="utf-8-sig")
    units = [
        opus_unit("1", "Kommunen"),
        opus_unit("5", "SKOLE", "1", date(2026, 12, 31)),
        opus_unit("6", "#lukket", "1"),
    ]

    placed = OpusOrganisation(units, [], read_mapping(path)).units(date(2026, 11, 23))

    assert [(one.kkorgnr, one.name, one.end) for one in placed] == [
        ("1", "Kommunen", None),
        ("1604", "Skolen ved Søen", date(2027, 1, 1)),
    ]


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("nr;enhed\n", "Første linje"),
        ("kkorgnr;opus_orgunit;navn;forvaltning\nabc;5;x;BUF\n", "linje 2"),
        ("kkorgnr;opus_orgunit;navn;forvaltning\n1;5;x;BUF\n2;5;y;BUF\n", "to gange"),
    ],
)
def test_a_mapping_that_does_not_fit_names_its_line(tmp_path: Path, text: str, tells: str) -> None:
    path = tmp_path / "kkorg.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(Misused, match=tells):
        read_mapping(path)


TODAY = date(2026, 11, 23)
KS, HR = "0a1f", "0b2e"
ANNA = {"uuid": "0c3d", "current": {"name": "Anna Holm", "cpr_number": "0101604000"}}
CLERK = {"uuid": "0d4c", "current": {"name": "Sagsbehandler"}}
Json = dict[str, object]


@dataclass
class Organisation:
    """A server of OS2mo's manners: 200 whatever happens, and the reason among the errors."""

    url: str
    pages: dict[str, list[list[Json]]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=lambda: {"Bearer good"})
    complaint: str = ""
    asked: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)

    def answer(self, credential: str, body: Mapping[str, object]) -> Json:
        variables = body["variables"]
        assert isinstance(variables, dict)
        self.asked.append((credential, variables))
        complaint = self.complaint or ("" if credential in self.tokens else "User is not authenticated")
        if complaint:
            return {"data": None, "errors": [{"message": complaint}]}
        root = next(root for root in kkorg_os2mo.QUERIES if kkorg_os2mo.QUERIES[root] == body["query"])
        pages = self.pages.get(root, [[]])
        place = int(variables["cursor"] or 0)
        following = str(place + 1) if place + 1 < len(pages) else None
        return {"data": {root: {"objects": pages[place], "page_info": {"next_cursor": following}}}}


@pytest.fixture
def os2mo() -> Iterator[Organisation]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = json.dumps(served.answer(self.headers.get("Authorization", ""), asked)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Organisation(f"http://127.0.0.1:{http.server_address[1]}/graphql/v30")
    served.pages["org_units"] = [
        [thing(KS, version("1110", "2010-01-01")), thing(HR, version("1120", "2010-01-01"))]
    ]
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    yield served
    http.shutdown()
    http.server_close()
    thread.join()


@dataclass
class Tokens:
    """A sign-in whose tokens lie ready; the last one is all there is."""

    ready: list[str] = field(default_factory=lambda: ["good"])

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.ready[0]}"}

    def renew(self, rejected: str) -> bool:
        if len(self.ready) == 1 or rejected != f"Bearer {self.ready[0]}":
            return False
        del self.ready[0]
        return True

    def refused(self) -> None: ...

    def sign_in(self) -> None: ...

    def sign_out(self) -> None: ...


def client(served: Organisation, *tokens: str) -> Os2mo:
    return Os2mo(Connection("kkorg", served.url, HttpSettings(), Tokens(list(tokens) or ["good"])))


def midnight(day: str) -> str:
    return f"{day}T00:00:00+0{2 if '04' <= day[5:7] <= '10' else 1}:00"


def version(key: str, start: str, end: str = "", **said: object) -> Json:
    validity = {"from": midnight(start), "to": midnight(end) if end else None}
    return {"user_key": key, "name": f"Enhed {key}", "parent_response": None, "validity": validity, **said}


def working(key: str, start: str, end: str = "", unit: str = KS, **said: object) -> Json:
    where: Json = {"org_unit_response": {"uuid": unit}, "person_response": ANNA, "job_function_response": CLERK}
    return version(key, start, end, **{**where, **said})


def thing(uuid: str, *validities: Json) -> Json:
    return {"uuid": uuid, "validities": list(validities)}


def engagements(served: Organisation, *pages: Sequence[Json]) -> list[KkorgEngagement]:
    served.pages["engagements"] = [list(page) for page in pages]
    kkorg = client(served)
    kkorg.units(TODAY)
    return [one for page in kkorg.engagements(TODAY) for one in page]


def dates(one: KkorgEngagement | KkorgUnit) -> tuple[date | None, date | None]:
    return one.start, one.end


def test_pages_are_read_to_the_last_cursor_though_some_are_short_or_empty(os2mo: Organisation) -> None:
    found = engagements(
        os2mo, [], [thing("1", working("60001", "2019-01-01"))], [], [thing("2", working("60002", "2019-01-01"))]
    )

    assert [one.tjenestenr for one in found] == ["60001", "60002"]
    assert [asked["cursor"] for _, asked in os2mo.asked[-4:]] == [None, "1", "2", "3"]
    assert os2mo.asked[-1][1]["from"] == "2026-11-23T00:00:00+01:00"


def test_a_split_validity_is_no_beginning_and_no_end(os2mo: Organisation) -> None:
    (moved,) = engagements(
        os2mo,
        [
            thing(
                "1",
                working("60009", "2019-01-01", "2026-06-01"),
                working("60009", "2026-06-01", "2027-02-01", HR),
                working("60009", "2027-02-01", "2027-05-01"),
            )
        ],
    )

    assert (moved.kkorgnr, moved.unit_name) == ("1120", "Enhed 1120")
    assert dates(moved) == (date(2019, 1, 1), date(2027, 5, 1))


def test_a_gap_is_an_end_and_a_beginning(os2mo: Organisation) -> None:
    away = thing("1", working("60011", "2019-01-01", "2026-10-01"), working("60011", "2027-03-01"))
    leaving = thing("2", working("60012", "2019-01-01", "2026-12-01"), working("60012", "2027-03-01"))

    found = {one.tjenestenr: dates(one) for one in engagements(os2mo, [away, leaving])}

    assert found == {"60011": (date(2027, 3, 1), None), "60012": (date(2019, 1, 1), date(2026, 12, 1))}


@pytest.mark.parametrize(
    ("end", "counts"),
    [("2026-11-24", True), ("2026-11-23", False)],
    ids=["the last day is today", "yesterday was the last day"],
)
def test_the_day_of_the_end_counts_no_longer(os2mo: Organisation, end: str, counts: bool) -> None:
    assert bool(engagements(os2mo, [thing("1", working("60004", "2019-01-01", end))])) is counts


def test_an_engagement_to_come_is_there_with_its_unit(os2mo: Organisation) -> None:
    (coming,) = engagements(os2mo, [thing("1", working("60001", "2027-01-01", "", HR))])

    assert (coming.kkorgnr, coming.person_name, coming.cpr) == ("1120", "Anna Holm", "0101604000")
    assert dates(coming) == (date(2027, 1, 1), None)


def test_an_engagement_without_a_key_of_its_own_is_nobodys(os2mo: Organisation) -> None:
    uuid = "264dc457-010e-4879-878c-1aaa62876889"

    assert engagements(os2mo, [thing(uuid, working(uuid, "2019-01-01"))]) == []


def test_a_persons_lacking_number_and_a_job_no_longer_there_are_blank(os2mo: Organisation) -> None:
    nameless = {"uuid": "1", "current": {"name": "Bo Lind", "cpr_number": None}}
    gone = {"uuid": "2", "current": None}

    (found,) = engagements(
        os2mo,
        [thing("1", working("60016", "2019-01-01", person_response=nameless, job_function_response=gone))],
    )

    assert (found.person_name, found.cpr, found.job_function) == ("Bo Lind", "", "")


def leading(start: str, end: str, name: str | None, unit: str = KS) -> Json:
    person = {"uuid": "1", "current": {"name": name}} if name else None
    return version("", start, end, org_unit_response={"uuid": unit}, person_response=person)


def test_the_leader_is_who_leads_today(os2mo: Organisation) -> None:
    os2mo.pages["managers"] = [
        [
            thing("1", leading("2015-01-01", "2026-09-01", "Den forrige")),
            thing("2", leading("2027-01-01", "", "Den næste")),
            thing("3", leading("2026-09-01", "2026-12-01", "Chefen"), leading("2026-12-01", "", "Chefen", HR)),
            thing("4", leading("2015-01-01", "", None, HR)),
        ]
    ]

    found = {one.kkorgnr: one.leader_name for one in client(os2mo).units(TODAY)}

    assert found == {"1110": "Chefen", "1120": ""}


def test_a_unit_moves_and_lives_on(os2mo: Organisation) -> None:
    moving = thing(
        "3",
        version("1130", "2012-01-01", "2027-02-01", parent_response={"uuid": KS}),
        version("1130", "2027-02-01", "", parent_response={"uuid": HR}),
    )
    os2mo.pages["org_units"][0].append(moving)

    found = {one.kkorgnr: one for one in client(os2mo).units(TODAY)}

    assert found["1130"].parent_kkorgnr == "1110"
    assert dates(found["1130"]) == (date(2012, 1, 1), None)


def test_of_two_units_with_one_number_the_older_stands(os2mo: Organisation) -> None:
    os2mo.pages["org_units"][0].insert(0, thing("3", version("1110", "2027-01-01", name="Den nye")))

    assert [one.name for one in client(os2mo).units(TODAY) if one.kkorgnr == "1110"] == ["Enhed 1110"]


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(f"sqlite:///{(tmp_path / 'w.db').as_posix()}", "a" * 64)
    yield opened
    opened.close()


@pytest.mark.parametrize("now_first", [True, False])
def test_of_two_engagements_with_one_tjenestenr_the_running_one_is_kept(
    os2mo: Organisation, workspace: Workspace, now_first: bool
) -> None:
    now = thing("1", working("60013", "2019-01-01", "2026-12-01"))
    then = thing("2", working("60013", "2026-12-01", "", HR))
    os2mo.pages["engagements"] = [[now], [then]] if now_first else [[then], [now]]

    result = pull_kkorg.pull(workspace, client(os2mo), now=AT)

    with workspace.read() as tx:
        kept = organisation.engagement(tx, "60013")
    assert (result.error, result.fetched) == ("", 3)
    assert kept is not None
    assert (kept.kkorgnr, kept.end) == ("1110", date(2026, 12, 1))


def test_what_was_fetched_stands_when_the_sign_in_is_refused_later(
    os2mo: Organisation, workspace: Workspace
) -> None:
    pull_kkorg.pull(workspace, client(os2mo), now=AT)

    with pytest.raises(SignInNeeded):
        pull_kkorg.pull(workspace, client(os2mo, "dead"), now=AT)

    with workspace.read() as tx:
        assert [one.kkorgnr for one in organisation.kkorg_units(tx)] == ["1110", "1120"]


def test_a_kkorg_without_units_is_a_fault(os2mo: Organisation, workspace: Workspace) -> None:
    os2mo.pages["org_units"] = [[]]

    with pytest.raises(OutOfReach, match="ingen enheder"):
        pull_kkorg.pull(workspace, client(os2mo), now=AT)


def test_a_token_that_os2mo_no_longer_knows_is_renewed(os2mo: Organisation) -> None:
    found = client(os2mo, "dead", "good").units(TODAY)

    assert len(found) == 2
    assert [credential for credential, _ in os2mo.asked] == ["Bearer dead", "Bearer good", "Bearer good"]


@pytest.mark.parametrize("tokens", [("dead",), ("dead", "too"), ("dead", "too", "late", "and more")])
def test_a_sign_in_that_stays_refused_is_the_users_to_mend(os2mo: Organisation, tokens: tuple[str, ...]) -> None:
    with pytest.raises(SignInNeeded, match="KKorg"):
        client(os2mo, *tokens).units(TODAY)

    assert len(os2mo.asked) <= 2


def test_missing_roles_are_named(os2mo: Organisation) -> None:
    os2mo.complaint = "No policy approved the access"

    with pytest.raises(Refusal, match="read_org_unit, read_employee"):
        client(os2mo).units(TODAY)


def test_any_other_complaint_is_nonsense(os2mo: Organisation) -> None:
    os2mo.complaint = "ErrorCodes.E_UNKNOWN"

    with pytest.raises(OutOfReach, match="KKorg svarer ikke, som det skal"):
        client(os2mo).units(TODAY)
