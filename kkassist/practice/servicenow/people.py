"""Users, groups, roles and departments of the instance, made from the city's people."""

from kkassist.practice.city import Account, City, Employment
from kkassist.practice.servicenow.tables import Tables


class People:
    """The sys_ids of everybody a case can name; an employee becomes a user when a case first needs her."""

    def __init__(self, tables: Tables, city: City, at: str) -> None:
        self._tables = tables
        self._city = city
        self._at = at
        self._employees: dict[str, str] = {}
        self.departments = {unit.opus_id: self._department(unit.name, unit.kkorgnr) for unit in city.units}
        self.groups = {name: self._group(name) for name in city.groups}
        employed = {one.user_id: one for one in city.employments}
        self.users = {one.user_name: self._account(one, employed.get(one.user_name)) for one in city.accounts}

    def members(self, group: str) -> list[str]:
        """The sys_ids of the accounts that work cases in a group, in the order of the city."""
        workers = {"sagsbehandler", "godkender", "teamleder", "jurist"}
        return [
            self.users[one.user_name] for one in self._city.accounts if group in one.groups and one.role in workers
        ]

    def employee(self, employment: Employment) -> str:
        """The user of an employment's person."""
        known = self._employees.get(employment.person_uuid)
        if known is None:
            known = self._employees[employment.person_uuid] = self._user(
                employment.user_id,
                employment.first_name,
                employment.last_name,
                employment.email,
                employment=employment,
            )
        return known

    def leader_of(self, employment: Employment) -> str:
        """The user of the leader of the employment's unit; the employee herself where it has none."""
        unit = self._city.units_by_opus_id.get(employment.unit_opus_id)
        leader = self._city.employments_by_tjenestenr.get((unit.leader_tjenestenr or "") if unit else "")
        return self.employee(leader or employment)

    def _account(self, account: Account, employment: Employment | None) -> str:
        first, _, last = account.name.partition(" ")
        user_id = self._user(
            account.user_name, first, last, account.email, employment=employment, time_zone=account.time_zone
        )
        if employment is not None:
            self._employees[employment.person_uuid] = user_id
        for group in account.groups:
            self._tables.add("sys_user_grmember", {"user": user_id, "group": self.groups[group]}, at=self._at)
        self._tables.add("sys_user_has_role", {"user": user_id, "role": account.role}, at=self._at)
        return user_id

    def _user(
        self,
        user_name: str,
        first: str,
        last: str,
        mail: str,
        *,
        employment: Employment | None,
        time_zone: str = "Europe/Copenhagen",
    ) -> str:
        danish = time_zone == "Europe/Copenhagen"
        values = {
            "user_name": user_name,
            "name": f"{first} {last}".strip(),
            "first_name": first,
            "last_name": last,
            "email": mail,
            "active": "true",
            "time_zone": time_zone,
            "date_format": "dd-MM-yyyy" if danish else "MM/dd/yyyy",
            "time_format": "HH:mm:ss" if danish else "hh:mm:ss a",
            "preferred_language": "da" if danish else "en",
        }
        if employment is not None:
            values |= {
                "employee_number": employment.tjenestenr,
                "title": employment.position,
                "department": self.departments.get(employment.unit_opus_id, ""),
            }
        return self._tables.add("sys_user", values, at=self._at)["sys_id"]

    def _department(self, name: str, kkorgnr: str) -> str:
        return self._tables.add("cmn_department", {"name": name, "id": kkorgnr}, at=self._at)["sys_id"]

    def _group(self, name: str) -> str:
        values = {"name": name, "active": "true", "description": f"Koncernservice, {name}"}
        return self._tables.add("sys_user_group", values, at=self._at)["sys_id"]
