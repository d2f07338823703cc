"""The plainest client there is, so that the practice instance is tested by nothing of ours."""

import requests


class Caller(requests.Session):
    """A user of the instance with basic auth."""

    def __init__(self, base_url: str, user: str) -> None:
        super().__init__()
        self.base_url = base_url
        self.auth = (user, f"oevelse-{user.partition('.')[0]}")
        self.headers["Accept"] = "application/json"

    def ask(self, method: str, path: str, **options) -> requests.Response:
        return self.request(method, f"{self.base_url}{path}", timeout=10, **options)

    def rows(self, table: str, query: str = "", **params) -> list[dict]:
        """The result of a list; parameters without their `sysparm_`."""
        return self.listed(table, query, **params).json()["result"]

    def listed(self, table: str, query: str = "", **params) -> requests.Response:
        given = {f"sysparm_{name}": value for name, value in params.items()}
        return self.ask("GET", f"/api/now/table/{table}", params={"sysparm_query": query, **given})

    def one(self, table: str, sys_id: str, **params) -> dict:
        given = {f"sysparm_{name}": value for name, value in params.items()}
        return self.ask("GET", f"/api/now/table/{table}/{sys_id}", params=given).json()["result"]

    def change(self, table: str, sys_id: str, **fields) -> requests.Response:
        return self.ask("PATCH", f"/api/now/table/{table}/{sys_id}", json=fields)

    def some_case(self, query: str = "active=true^state=18", table: str = "sn_hr_le_case") -> dict:
        return self.rows(table, f"{query}^ORDERBYsys_id", limit=1, exclude_reference_link="true")[0]

    def by_keyset(self, table: str, query: str = "", limit: int = 50) -> list[dict]:
        """Every row in pages of the pair cursor, stepping over hidden pages by offset."""
        found, t, key, offset = [], "", "", 0
        lead = f"{query}^" if query else ""
        while True:
            where = f"{lead}sys_updated_on>{t}^NQ{lead}sys_updated_on={t}^sys_id>{key}" if t else query
            order = "ORDERBYsys_updated_on^ORDERBYsys_id"
            answer = self.listed(table, f"{where}^{order}" if where else order, limit=limit, offset=offset)
            page, total = answer.json()["result"], int(answer.headers["X-Total-Count"])
            found += page
            if page:
                t, key, offset = page[-1]["sys_updated_on"], page[-1]["sys_id"], 0
            elif offset + limit >= total:
                return found
            else:
                offset += limit
