"""What a transaction promises, on the file and on a PostgreSQL server alike."""

import threading

import pytest
from conftest_store import ANNA, NOW, case
from sqlalchemy import text

from kkassist.domain.case import View
from kkassist.store import audit, cases, facts, queue


def test_an_error_takes_the_whole_transaction_back(workspace):
    with pytest.raises(ZeroDivisionError), workspace.write() as tx:
        facts.put(tx, "a", "1")
        raise ZeroDivisionError
    with workspace.read() as tx:
        assert facts.get(tx, "a") is None


def test_a_reader_sees_one_moment(workspace):
    with workspace.read() as before:
        assert facts.get(before, "a") is None
        with workspace.write() as tx:
            facts.put(tx, "a", "1")
        assert facts.get(before, "a") is None
    with workspace.read() as after:
        assert facts.get(after, "a") == "1"


def test_threads_write_one_after_the_other(workspace):
    def count():
        for _ in range(10):
            with workspace.write() as tx:
                facts.put(tx, "n", str(int(facts.get(tx, "n") or 0) + 1))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with workspace.read() as tx:
        assert facts.get(tx, "n") == "40"


def test_two_programs_write_one_after_the_other(workspace, another):
    def count(program):
        for _ in range(15):
            with program.write() as tx:
                facts.put(tx, "n", str(int(facts.get(tx, "n") or 0) + 1))

    threads = [threading.Thread(target=count, args=(program,)) for program in (workspace, another)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with workspace.read() as tx:
        assert facts.get(tx, "n") == "30"


def test_the_log_takes_no_change_and_no_deletion(workspace):
    with workspace.write() as tx:
        audit.append(tx, user="anna.holm", role="leder", act="vis", person="0101901234", at=NOW)
    for statement in ("UPDATE audit SET at = 0", "DELETE FROM audit"):
        with pytest.raises(Exception, match="append only"), workspace.write() as tx:
            tx.execute(text(statement))
    with workspace.read() as tx:
        assert audit.verify(tx) == audit.Verified(1, intact=True, first_broken=0)
        assert "0101901234" not in str(list(audit.export(tx)))


def test_a_page_too_big_for_one_statement_is_kept_and_taken_away_whole(workspace):
    many = [case(f"c{one:04}", short_description=f"Sag {one}") for one in range(1201)]
    view = View("v", "v", scope="all")
    with workspace.write() as tx:
        assert len(cases.store_page(tx, many, me=ANNA, at=NOW).created) == 1201
        assert queue.counts(tx, [view], ANNA, NOW) == {"v": 1201}
        assert len(queue.rows(tx, queue.ids(tx, view, "", ANNA, NOW))) == 1201
        assert cases.store_page(tx, many, me=ANNA, at=NOW).unchanged == tuple(row.sys_id for row in many)
        assert cases.remove(tx, [row.sys_id for row in many]) == 1201
        for table in ("cases", "case_bodies", "case_texts", "case_numbers"):
            assert tx.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
