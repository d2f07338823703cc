"""Colleagues at work in the same instance: they edit, note, insert and delete cases behind the user's back."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from kkassist.practice.servicenow.call import Instance
from kkassist.practice.servicenow.clock import stamp
from kkassist.practice.servicenow.rules import complete_update, follow_update
from kkassist.practice.servicenow.tables import Row

_NOTES: Final = (
    "Har talt med lederen. Hun vender tilbage i morgen.",
    "Dokumentation modtaget og lagt på sagen.",
    "Afventer svar fra enheden.",
    "Kontrolleret mod OPUS. Intet at bemærke.",
)


class Colleagues:
    """Writes as another user; with the fault `late_commit` a write carries its time but is seen only later."""

    def __init__(self, instance: Instance, users: Sequence[str], seed: int) -> None:
        self._instance = instance
        self._tables = instance.tables
        self._users = tuple(users)
        self._random = random.Random(f"{seed}:colleagues")
        self._inserted = 0

    def edit(
        self,
        sys_ids: Sequence[str] = (),
        *,
        count: int = 1,
        fields: Mapping[str, str] | None = None,
        user: str = "",
    ) -> list[str]:
        """Change fields of the given cases, or of `count` active ones drawn; gives their ids."""
        with self._tables.lock:
            chosen = [self._case(sys_id) for sys_id in sys_ids] or self._draw(count)
            for case in chosen:
                self._change(case["sys_id"], dict(fields or self._some_change(case)), user or self._someone())
        return [case["sys_id"] for case in chosen]

    def note(self, sys_ids: Sequence[str] = (), *, count: int = 1, text: str = "", user: str = "") -> list[str]:
        """Add a work note to the cases."""
        with self._tables.lock:
            chosen = [self._case(sys_id) for sys_id in sys_ids] or self._draw(count)
            for case in chosen:
                self._note(case, text or self._random.choice(_NOTES), user or self._someone())
        return [case["sys_id"] for case in chosen]

    def insert(self, *, count: int = 1, fields: Mapping[str, str] | None = None, user: str = "") -> list[str]:
        """New cases, like ones that are there, in the same group and unassigned."""
        made: list[str] = []
        with self._tables.lock:
            for pattern in self._draw(count):
                self._inserted += 1
                sys_id = self._tables.new_id()
                made.append(sys_id)
                self._later(self._inserting(pattern, sys_id, dict(fields or {}), user or self._someone()))
        return made

    def delete(self, sys_ids: Sequence[str] = (), *, count: int = 1, user: str = "") -> list[str]:
        """Delete the given cases, or `count` drawn ones."""
        with self._tables.lock:
            chosen = [self._case(sys_id)["sys_id"] for sys_id in sys_ids] or [
                case["sys_id"] for case in self._draw(count)
            ]
            for sys_id in chosen:
                self._tables.remove("task", sys_id, by=user or self._someone())
        return chosen

    def stir(self) -> None:
        """What happens to a list while somebody reads it: two edits, and now and then an insert or a delete."""
        self.edit(count=2)
        roll = self._random.random()
        if roll < 0.25:
            self.insert()
        elif roll < 0.4:
            self.delete()

    def _inserting(self, pattern: Row, sys_id: str, fields: dict[str, str], user: str) -> Callable[[str], None]:
        kept = {
            name: value
            for name, value in pattern.items()
            if not name.startswith("sys_") and name not in {"number", "assigned_to", "correlation_id"}
        }
        values = kept | {"short_description": f"Ny sag {self._inserted}: {pattern['short_description']}"[:160]}

        def act(at: str) -> None:
            new = values | {"sys_id": sys_id, "opened_at": at} | fields
            self._tables.add(pattern["sys_class_name"], new, by=user, at=at)

        return act

    def _change(self, sys_id: str, fields: dict[str, str], user: str) -> None:
        def act(at: str) -> None:
            old = self._tables.get("task", sys_id)
            if old is None or all(old.get(name, "") == value for name, value in fields.items()):
                return
            changes = dict(fields)
            complete_update(old["sys_class_name"], old, changes, "", at)
            new = self._tables.change(old["sys_class_name"], sys_id, changes, by=user, at=at)
            follow_update(self._tables, old["sys_class_name"], old, new)

        self._later(act)

    def _note(self, case: Row, text: str, user: str) -> None:
        def act(at: str) -> None:
            if self._tables.get("task", case["sys_id"]) is None:
                return
            entry = {
                "name": case["sys_class_name"], "element": "work_notes", "element_id": case["sys_id"], "value": text
            }  # fmt: skip
            self._tables.add("sys_journal_field", entry, by=user, at=at)
            self._tables.change(case["sys_class_name"], case["sys_id"], {}, by=user, at=at)

        self._later(act)

    def _later(self, act: Callable[[str], None]) -> None:
        """Write now; or, when commits are late, write with the present time but only afterwards."""
        faults, now = self._instance.faults, self._tables.clock.now()
        at = stamp(now)
        if not faults.strikes("late_commit"):
            act(at)
            return
        due = now + timedelta(seconds=faults.seconds("late_commit"))
        self._tables.commit_late(due.timestamp(), lambda: act(at))

    def _case(self, sys_id: str) -> Row:
        case = self._tables.get("task", sys_id)
        if case is None:
            raise KeyError(sys_id)
        return case

    def _draw(self, count: int) -> list[Row]:
        active = [row for row in self._tables.rows("task") if row.get("active") == "true"]
        return self._random.sample(active, min(count, len(active)))

    def _some_change(self, case: Row) -> dict[str, str]:
        priority = self._random.choice([text for text in "2345" if text != case.get("priority")])
        changes = {"priority": priority}
        if self._random.random() < 0.3:
            due = self._tables.clock.now() + timedelta(hours=self._random.randint(4, 200))
            changes["due_date"] = stamp(due)
        return changes

    def _someone(self) -> str:
        return self._random.choice(self._users)
