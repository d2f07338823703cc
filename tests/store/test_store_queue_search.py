"""The queue in order, grouped and counted; search as a Dane types it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from conftest_store import ANNA, NOW, case, later, raw
from hypothesis import given
from hypothesis import strategies as st

from kkassist.domain.case import Sla, View
from kkassist.domain.colleague import Colleague
from kkassist.domain.person import Employment
from kkassist.processes.mapping import About
from kkassist.store import cases, directory, folding, outbox, people, queue, search, views


def store(workspace, *rows, about=None):
    with workspace.write() as tx:
        cases.store_page(tx, rows, me=ANNA, at=NOW, about=about)


def ids(workspace, scope="queue", search="", group_by="none", **view):
    with workspace.read() as tx:
        return queue.ids(tx, View("v", "v", scope=scope, group_by=group_by, **view), search, ANNA, NOW)


def breach(workspace, sys_id, hours, stage="in_progress"):
    with workspace.write() as tx:
        cases.store_slas(tx, sys_id, [Sla("s", stage, NOW + timedelta(hours=hours), breached=False)])


def test_each_view_shows_its_own_cases(workspace):
    store(
        workspace,
        case("mine", assigned_to="u-anna", assignment_group="g-other"),
        case("group"),
        case("closed", active="false", assigned_to="u-anna"),
        case("others", assignment_group="g-other", assigned_to="u-bo"),
        case("waits", assigned_to="u-anna", labels={"state": "Afventer rekvirent"}),
    )
    store(workspace, case("group", at=later(minutes=1), by="bo"))
    breach(workspace, "mine", 3)
    breach(workspace, "waits", 3, stage="paused")
    breach(workspace, "others", -1)
    assert set(ids(workspace)) == {"mine", "group", "waits"}
    assert set(ids(workspace, "mine")) == {"mine", "waits"}
    assert ids(workspace, "unassigned") == ["group"]
    assert ids(workspace, "changed") == ["group"]
    assert ids(workspace, "waiting") == ["waits"]
    assert ids(workspace, "at_risk") == ["mine"]
    assert set(ids(workspace, "all")) == {"mine", "group", "others", "waits"}
    scopes = [View(one, one, scope=one) for one in ("queue", "mine", "unassigned", "at_risk", "all")]
    with workspace.read() as tx:
        assert queue.counts(tx, scopes, ANNA, NOW) == {
            "queue": 3,
            "mine": 2,
            "unassigned": 1,
            "at_risk": 1,
            "all": 4,
        }


def test_a_taken_case_moves_to_mine_before_the_server_knows(workspace):
    store(workspace, case("c1"), case("c2"))
    with workspace.write() as tx:
        directory.store_users(tx, [Colleague("u-anna", "anna.holm", "Anna Holm")])
        change = outbox.edit_field(tx, "c1", "assigned_to", "", "u-anna", "anna.holm", NOW)
    assert ids(workspace, "mine") == ["c1"]
    assert ids(workspace, "unassigned") == ["c2"]
    with workspace.read() as tx:
        assert queue.rows(tx, ["c1"], ANNA)[0].assigned_to == "Anna Holm"
    with workspace.write() as tx:
        outbox.refused(tx, change.id, "Ingen adgang", NOW)
    assert ids(workspace, "mine") == []
    with workspace.read() as tx:
        assert queue.rows(tx, ["c1"], ANNA)[0].refused == 1


def test_the_nearest_breach_comes_first_and_none_comes_last(workspace):
    store(workspace, case("none"), case("late"), case("soon"))
    breach(workspace, "late", 9)
    breach(workspace, "soon", 1)
    assert ids(workspace) == ["soon", "late", "none"]
    assert ids(workspace, descending=True) == ["late", "soon", "none"]


def test_groups_follow_the_order_of_the_ids(workspace):
    store(workspace, *(case(one) for one in ("overdue", "today", "tomorrow", "week", "later", "none")))
    for name, hours in (("overdue", -1), ("today", 5), ("tomorrow", 20), ("week", 72), ("later", 24 * 9)):
        breach(workspace, name, hours)
    view = View("v", "v", group_by="due")
    with workspace.read() as tx:
        assert queue.groups(tx, view, "", ANNA, NOW) == [
            ("overdue", 1),
            ("today", 1),
            ("tomorrow", 1),
            ("this_week", 1),
            ("later", 1),
            ("none", 1),
        ]
        assert queue.ids(tx, view, "", ANNA, NOW) == ["overdue", "today", "tomorrow", "week", "later", "none"]


def test_persons_are_sorted_as_a_dane_does(workspace):
    names = {"1": "Åse", "2": "Ærø", "3": "Zenia", "4": "Østergård", "5": "Aase", "6": "Anna", "7": ""}
    store(
        workspace,
        *(case(one, number=one) for one in names),
        about=lambda row: About("", names[row.sys_id], "", ""),
    )
    assert [names[one] for one in ids(workspace, sort="person")] == [
        "Anna",
        "Zenia",
        "Ærø",
        "Østergård",
        "Åse",
        "Aase",
        "",
    ]


def test_totals_equal_the_queue(workspace):
    store(
        workspace,
        case("c1"),
        case("c2", opened_at=raw(later(days=-3))),
        case("c3", active="false", closed_at=raw(later(days=-1))),
        case("c4", active="false", closed_at=raw(later(days=-90))),
    )
    with workspace.read() as tx:
        loads = queue.totals(tx, ["g-pay"], later(days=-30), NOW)
        assert sum(one.cases for one in loads if one.active) == len(ids(workspace))
        assert sum(one.cases for one in loads) == 3
        assert len(queue.workload_ids(tx, ["g-pay"], later(days=-30), NOW)) == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("sorensen", {"c1"}),
        ("Sørensen", {"c1"}),
        ("SØR mette", {"c1"}),
        ("soerensen", {"c1"}),
        ("Aage", {"c2"}),
        ("Åge", {"c2"}),
        ("åg", {"c2"}),
        ("gaard", {"c2"}),
        ("HRC0012345", {"c1"}),
        ("12345", {"c1"}),
        ("2345", {"c1"}),
        ("010190-1234", {"c1"}),
        ("901234", {"c1"}),
        ("ensen", {"c1"}),
        ("fratrædelse", {"c1", "c2"}),
        ("findes ikke", set()),
        ('"*', set()),
        ("", set()),
    ],
)
def test_search_finds_words_numbers_and_parts(workspace, query, found):
    told = {
        "c1": About("", "Mette Sørensen", "0101901234", "77001"),
        "c2": About("", "Åge Østergård", "", "88002"),
    }
    store(
        workspace,
        case("c1", number="HRC0012345"),
        case("c2", number="HRC0099999"),
        about=lambda row: told[row.sys_id],
    )
    with workspace.read() as tx:
        assert set(search.cases(tx, query, 50)) == found
        if query:
            assert set(ids(workspace, "all", search=query)) == found


def test_search_follows_a_new_title_and_a_removal(workspace):
    store(workspace, case("c1", short_description="Barsel"))
    store(workspace, case("c1", at=later(minutes=1), short_description="Orlov"))
    with workspace.write() as tx:
        assert search.cases(tx, "barsel", 5) == []
        assert search.cases(tx, "orl", 5) == ["c1"]
        cases.remove(tx, ["c1"])
        assert search.cases(tx, "orl", 5) == []


@given(st.text(max_size=40))
def test_folding_is_settled_and_finds_itself(text):
    once = folding.fold(text)
    assert folding.words(text) == folding.words(once) or folding.fold(once) != once
    assert folding.fold(text.upper().lower()) == folding.fold(text.lower()) or not text.isascii()


def test_views_are_kept_by_name(workspace):
    with workspace.write() as tx:
        views.save(tx, View("2", "Østerbro", sort="person"))
        views.save(tx, View("1", "Amager"))
        views.save(tx, View("1", "Zoo"))
        assert [one.name for one in views.saved(tx)] == ["Zoo", "Østerbro"]
        assert views.saved(tx)[1].sort == "person"
        views.delete(tx, "1")
        assert len(views.saved(tx)) == 1


def employment(tjenestenr="77001", cpr="0101901234", **changes):
    given = {
        "tjenestenr": tjenestenr,
        "cpr": cpr,
        "supp_id": "",
        "first_name": "Mette",
        "last_name": "Sørensen",
        "address": "",
        "protected": True,
        "entry_date": NOW.date(),
        "leave_date": None,
        "initial_entry": None,
        "unit_id": "1",
        "position_id": "",
        "position": "Pædagog",
        "work_contract": "",
        "work_contract_text": "",
        "weekly_hours": Decimal("32.5"),
        "is_manager": False,
        "superior_level": "",
        "email": "",
        "user_id": "",
        "phone": "",
        "pay_grade_text": "",
        "wage_step": "",
        "production_number": "",
        "cost_center": "",
        "as_of": NOW,
    }
    return Employment(**{**given, **changes})


def test_an_employment_comes_back_as_it_was_and_ends_and_returns(workspace):
    one = employment()
    with workspace.write() as tx:
        people.store_employments(tx, [one, employment("77002")], {"77001": b"h1", "77002": b"h2"})
        assert people.employment(tx, "77001") == one
        assert people.hashes(tx) == {"77001": b"h1", "77002": b"h2"}
        people.end_employments(tx, {"77001": "annulled"}, later(days=1))
        people.confirm(tx, later(days=1))
        assert people.hashes(tx) == {"77002": b"h2"}
        assert [(each.tjenestenr, each.ended) for each in people.employments_of(tx, one.cpr)] == [
            ("77002", ""),
            ("77001", "annulled"),
        ]
        assert people.employment(tx, "77002").as_of == later(days=1)
        people.store_employments(tx, [one], {"77001": b"h1"})
        assert people.employment(tx, "77001").ended == ""
        assert [each.tjenestenr for each in people.find(tx, "sorensen 77001")] == ["77001"]
        assert people.count(tx) == 2


def test_an_extract_that_was_not_finished_is_told(workspace):
    with workspace.write() as tx:
        people.begin_extract(tx, "ZLPE1.xml", NOW)
        assert (people.unfinished_extract(tx), people.read_extracts(tx)) == ("ZLPE1.xml", set())
        people.finish_extract(tx, "ZLPE1.xml", {"units": 1})
        assert (people.unfinished_extract(tx), people.read_extracts(tx)) == (None, {"ZLPE1.xml"})
