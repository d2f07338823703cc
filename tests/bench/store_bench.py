"""Prints what the workspace takes with many cases: `python tests/bench/store_bench.py [cases]`. CPU seconds."""

import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kkassist.domain.case import ServerRow, View
from kkassist.domain.colleague import Me
from kkassist.processes.mapping import About
from kkassist.store import cases, queue, search
from kkassist.store.engine import open_workspace

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ME = Me("u1", "anna", frozenset({"g1"}))
NAMES = ["Mette Sørensen", "Åge Holm", "Ali Jensen", "Bo Ærø", "Karin Østergård", "Ida Nygaard"]


def row(number: int) -> ServerRow:
    at = NOW - timedelta(minutes=number)
    fields = {
        "number": f"HRC{number:07}", "short_description": f"Fratrædelse {number % 97}", "state": "18",
        "assignment_group": "g1", "assigned_to": f"u{number % 40}", "due_date": f"{at + timedelta(days=9):%F %T}",
        "sys_updated_on": f"{at:%F %T}", "sys_mod_count": "1", "sys_updated_by": "x", "active": "true",
    }  # fmt: skip
    return ServerRow(f"{number:032x}", "sn_hr_le_case", fields, {"state": "I gang"})


def about(given: ServerRow) -> About:
    number = int(given.sys_id, 16)
    return About("fratraedelse", NAMES[number % 6], f"{number % 10**10:010}", f"{number % 10**6:06}")


def timed(what: str, act, times: int = 1) -> None:
    spent = []
    for _ in range(times):
        began = time.process_time()
        act()
        spent.append(time.process_time() - began)
    spent.sort()
    print(f"{what:42} p50 {spent[len(spent) // 2] * 1000:9.2f} ms   max {spent[-1] * 1000:9.2f} ms")


def main(many: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        workspace = open_workspace(f"sqlite:///{Path(folder).as_posix()}/w.db", "ab" * 32)

        pages = [[row(number) for number in range(start, min(start + 500, many))] for start in range(0, many, 500)]

        def fill() -> None:
            for page in pages:
                with workspace.write() as tx:
                    cases.store_page(tx, page, me=ME, at=NOW, about=about)

        timed(f"store {many} cases, search included", fill)
        pages.clear()
        view = View("v", "v")
        with workspace.read() as tx:
            found = queue.ids(tx, view, "", ME, NOW)
            timed(f"ids of {len(found)} in order, grouped", lambda: queue.ids(tx, view, "", ME, NOW), 5)
            timed("128 rows", lambda: queue.rows(tx, random.sample(found, min(128, many)), ME), 20)
            timed(
                "counts of 7 views", lambda: queue.counts(tx, [View(f"v{n}", "v") for n in range(7)], ME, NOW), 5
            )
            for query in ("s", "sø", "søren", "sørensen", "mette fra", "0001", "HRC00012", "ensen", "zzz"):
                timed(
                    f"keystroke {query!r}, 50 rows",
                    lambda query=query: queue.rows(tx, search.cases(tx, query, 50)),
                    20,
                )
        workspace.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
