"""One authenticated call, and the parts every API needs to answer it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kkassist.practice.plumbing import Request
from kkassist.practice.servicenow.access import Access
from kkassist.practice.servicenow.faults import Faults
from kkassist.practice.servicenow.query import Reader
from kkassist.practice.servicenow.records import Records
from kkassist.practice.servicenow.render import Renderer
from kkassist.practice.servicenow.session import Session
from kkassist.practice.servicenow.tables import Tables


@dataclass(slots=True)
class Properties:
    """System properties of the instance; tests change them while it runs."""

    invalid_query_returns_no_rows: bool = False
    """`glide.invalid_query.returns_no_rows`."""
    url_limit: int = 2048
    """Longer request targets are refused with 414."""
    attachment_max_bytes: int = 25 * 1024 * 1024
    attachment_extensions: tuple[str, ...] = (
        "xlsx", "xlsm", "xls", "ods", "csv", "pdf", "docx", "txt", "png", "jpg", "zip",
    )  # fmt: skip
    default_limit: int = 10_000


@dataclass(slots=True)
class Instance:
    """The whole instance behind the APIs."""

    tables: Tables
    access: Access
    records: Records
    faults: Faults
    properties: Properties = field(default_factory=Properties)
    tiny_urls: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    """The bytes of attachments by sys_id."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a known user. `params` has the query parameters, a tiny address already resolved."""

    request: Request
    params: Mapping[str, str]
    session: Session
    instance: Instance

    @property
    def renderer(self) -> Renderer:
        """Renders for this user with links to this instance."""
        return Renderer(self.instance.tables, self.instance.access, self.session, self.request.base_url)

    @property
    def reader(self) -> Reader:
        """Parses queries for this user, now."""
        return Reader(
            self.instance.tables,
            self.session,
            self.instance.tables.clock.now(),
            self.instance.properties.invalid_query_returns_no_rows,
        )

    def says(self, name: str) -> bool:
        """Whether a boolean parameter is true."""
        return self.params.get(name, "").lower() in {"true", "1"}
