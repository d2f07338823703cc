"""The workspace's tables.

What a server said of a case lies whole in `case_bodies`. `cases` is its narrow shadow for the queue, with the user's
own pending changes laid over: it can be worked out again from bodies and `changes` at any time (`cases.project`).

Instants are microseconds since 1970 UTC (`codec`), dates ISO text, amounts decimal text, maps JSON.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text, text

metadata = MetaData()

_Ordered = Text().with_variant(Text(collation="C"), "postgresql")
"""Text that sorts byte by byte, as SQLite's does."""
_Counter = BigInteger().with_variant(Integer(), "sqlite")


SOONEST = "coalesce({}, 9000000000000000000)"
"""An instant as the queue sorts by it: what has none comes last."""


def _text(name: str, *, key: bool = False) -> "Column[str]":
    return Column(name, _Ordered, primary_key=key, nullable=False)


def _number(name: str, *, key: bool = False) -> "Column[int]":
    return Column(name, BigInteger, primary_key=key, nullable=False)


def _maybe(name: str) -> "Column[int]":
    return Column(name, BigInteger, nullable=True)


def _bytes(name: str) -> "Column[bytes]":
    return Column(name, LargeBinary, nullable=False)


def _seq() -> "Column[int]":
    return Column("seq", _Counter, primary_key=True, autoincrement=True)


# --- ServiceNow: what the server said -------------------------------------------------------------------------

cases = Table(
    "cases",
    metadata,
    _seq(),
    Column("sys_id", _Ordered, nullable=False, unique=True),
    _text("table_name"),
    _text("number"),
    _text("title"),
    _text("process"),
    _text("state"),
    _text("state_label"),
    _number("priority"),
    _text("group_id"),
    _text("group_label"),
    _text("assigned_id"),
    _text("assigned_label"),
    _text("person"),
    _text("person_key"),
    _text("cpr"),
    _text("tjenestenr"),
    _maybe("due"),
    _maybe("opened"),
    _maybe("closed"),
    _number("updated"),
    _number("mod_count"),
    _text("updated_by"),
    _number("active"),
    _number("unread"),
    _maybe("breach_at"),
    _number("breach_paused"),
    Index("cases_unread", "unread", sqlite_where=text("unread = 1"), postgresql_where=text("unread = 1")),
)
Index(  # the queue in its usual order, whole: ids, groups and conditions are answered without touching a row
    "cases_in_order",
    text(SOONEST.format("breach_at")),
    text(SOONEST.format("due")),
    *(cases.c[name] for name in ("number", "sys_id", "assigned_id", "group_id", "process", "state", "state_label",
                                 "breach_paused", "breach_at", "due")),
    sqlite_where=text("active = 1"),
    postgresql_where=text("active = 1"),
)  # fmt: skip
Index(  # the counters: equal cases lie side by side and are counted in one walk
    "cases_alike",
    *(cases.c[name] for name in ("assigned_id", "group_id", "process", "state", "state_label", "breach_paused",
                                 "breach_at")),
    sqlite_where=text("active = 1"),
    postgresql_where=text("active = 1"),
)  # fmt: skip

case_bodies = Table("case_bodies", metadata, _number("seq", key=True), _bytes("fields"), _bytes("labels"))

tombstones = Table("tombstones", metadata, _text("sys_id", key=True), _text("table_name"), _number("at"))

field_changes = Table(
    "field_changes",
    metadata,
    _seq(),
    _text("case_id"),
    _text("field"),
    _text("before"),
    _text("after"),
    _text("by"),
    _number("at"),
    Index("field_changes_case", "case_id"),
)

read_marks = Table("read_marks", metadata, _text("case_id", key=True), _number("at"))

notes = Table(
    "notes",
    metadata,
    _text("case_id", key=True),
    _text("id", key=True),
    _text("kind"),
    _text("text"),
    _text("author"),
    _maybe("at"),
    _number("place"),
)

attachments = Table(
    "attachments",
    metadata,
    _text("sys_id", key=True),
    _text("case_id"),
    _text("name"),
    _text("content_type"),
    _number("size"),
    _text("sha256"),
    _text("by"),
    _maybe("at"),
    _text("blob"),
    Index("attachments_case", "case_id"),
)

slas = Table(
    "slas",
    metadata,
    _text("case_id", key=True),
    _number("place", key=True),
    _text("name"),
    _text("stage"),
    _maybe("planned_end"),
    _number("breached"),
)

choices = Table(
    "choices",
    metadata,
    _text("table_name", key=True),
    _text("element", key=True),
    _text("value", key=True),
    _text("label"),
    _number("sequence"),
    _number("inactive"),
)

users = Table(
    "users",
    metadata,
    _text("sys_id", key=True),
    _text("user_name"),
    _text("name"),
    _text("email"),
    _number("active"),
    Index("users_user_name", "user_name"),
)

groups = Table("groups", metadata, _text("sys_id", key=True), _text("name"), _number("active"))

memberships = Table("memberships", metadata, _text("user_id", key=True), _text("group_id", key=True))

# --- The user's own: changes on their way, drafts, views ------------------------------------------------------

changes = Table(
    "changes",
    metadata,
    _text("id", key=True),
    _text("case_id"),
    _text("table_name"),
    _text("number"),
    _text("kind"),
    _text("field"),
    _text("base"),
    _text("mine"),
    _text("mine_label"),
    _maybe("mine_number"),
    _text("theirs"),
    _text("state"),
    _number("tries"),
    _maybe("next_try"),
    _text("detail"),
    _number("made_at"),
    _maybe("sent_at"),
    _maybe("done_at"),
    _text("user_name"),
    _number("overlays"),  # 1 while the screen shows `mine` instead of the server's value
    Index("changes_case", "case_id"),
    Index("changes_state", "state", "next_try"),
)

change_moves = Table(
    "change_moves",
    metadata,
    _seq(),
    _text("change_id"),
    _text("from_state"),
    _text("to_state"),
    _text("detail"),
    _number("at"),
    Index("change_moves_change", "change_id"),
)

blobs = Table("blobs", metadata, _text("sha256", key=True), _text("content_type"), _bytes("data"))

drafts = Table(
    "drafts",
    metadata,
    _text("case_id", key=True),
    _text("field", key=True),
    _text("value"),
)

ticks = Table("ticks", metadata, _text("case_id", key=True), _text("step", key=True), _text("user_name"))

chosen_employments = Table("chosen_employments", metadata, _text("case_id", key=True), _text("tjenestenr"))

views = Table("views", metadata, _text("id", key=True), _text("name"), _bytes("body"))

# --- OPUS and KKorg -------------------------------------------------------------------------------------------

employments = Table(
    "employments",
    metadata,
    _seq(),
    Column("tjenestenr", _Ordered, nullable=False, unique=True),
    _text("cpr"),
    _text("ended"),
    _number("ended_at"),
    _bytes("hash"),
    _bytes("body"),
    Index("employments_cpr", "cpr"),
)

extracts = Table(
    "extracts",
    metadata,
    _text("file_name", key=True),
    _number("made_at"),
    _number("finished"),
    _bytes("counts"),
)

opus_units = Table(
    "opus_units", metadata, _text("id", key=True), _text("cost_center"), _bytes("hash"), _bytes("body")
)

kkorg_units = Table(
    "kkorg_units",
    metadata,
    _text("kkorgnr", key=True),
    _text("opus_unit_id"),
    _bytes("hash"),
    _bytes("body"),
    Index("kkorg_units_opus", "opus_unit_id"),
)

kkorg_engagements = Table(
    "kkorg_engagements", metadata, _text("tjenestenr", key=True), _text("kkorgnr"), _bytes("hash"), _bytes("body")
)

# --- Mass uploads and runs ------------------------------------------------------------------------------------

batches = Table(
    "batches",
    metadata,
    _text("id", key=True),
    _text("process"),
    _text("file_name"),
    _text("state"),
    _text("content_hash"),
    _text("total"),
    _text("made_by"),
    _number("made_at"),
    _maybe("submitted_at"),
    _text("decided_by"),
    _maybe("decided_at"),
    _text("decided_hash"),
    _text("reason"),
)

approvals = Table(
    "approvals",
    metadata,
    _seq(),
    _text("batch"),
    _text("act"),
    _text("user_name"),
    _text("content_hash"),
    _text("reason"),
    _number("at"),
)

findings = Table(
    "findings",
    metadata,
    _seq(),
    _text("batch"),
    _number("row"),
    _text("severity"),
    _bytes("body"),
    Index("findings_batch", "batch", "row"),
)

ledger = Table(
    "ledger",
    metadata,
    _text("owner", key=True),  # the batch, or the run when it carries a single case
    _number("row", key=True),
    Column("reference", _Ordered, nullable=False, unique=True),
    _text("run"),
    _text("state"),
    _number("handed"),  # 1 once the orchestrator is known to have the row
    _text("message"),
    _number("tries"),
    _text("robot"),
    _text("external_id"),
    _text("evidence"),
    _maybe("queued_at"),
    _maybe("finished_at"),
    _bytes("values"),
    Index("ledger_run", "run", "state"),
)

ledger_moves = Table(
    "ledger_moves",
    metadata,
    _seq(),
    _text("reference"),
    _text("run"),
    _text("from_state"),
    _text("to_state"),
    _text("message"),
    _number("at"),
    Index("ledger_moves_reference", "reference"),
)

attempts = Table(
    "attempts",
    metadata,
    _text("reference", key=True),
    _number("try", key=True),
    _text("run"),
    _text("state"),
    _text("external_id"),
    _text("robot"),
    _text("message"),
    _text("evidence"),
    _maybe("queued_at"),
    _maybe("finished_at"),
    Index("attempts_run", "run", "state"),
)

runs = Table(
    "runs",
    metadata,
    _text("id", key=True),
    _text("process"),
    _text("batch"),
    _text("case_id"),
    _text("state"),
    _text("job_key"),
    _text("started_by"),
    _number("started_at"),
    _maybe("finished_at"),
    _text("detail"),
)

# --- The workspace itself -------------------------------------------------------------------------------------

facts = Table("facts", metadata, _text("name", key=True), _text("value"))

audit = Table("audit", metadata, _seq(), _number("at"), _bytes("entry"), _bytes("previous"), _bytes("hash"))

schema_version = Table("alembic_version", metadata, _text("version_num", key=True))

# --- Search: folded words by prefix, numbers by prefix, short texts for parts of words -------------------------

case_texts = Table("case_texts", metadata, _number("seq", key=True), _text("text"), _text("words"))
person_texts = Table("person_texts", metadata, _number("seq", key=True), _text("text"), _text("words"))
case_numbers = Table(
    "case_numbers", metadata, _text("number", key=True), _number("seq", key=True), sqlite_with_rowid=False
)
person_numbers = Table(
    "person_numbers", metadata, _text("number", key=True), _number("seq", key=True), sqlite_with_rowid=False
)
case_vocabulary = Table("case_vocabulary", metadata, _text("word", key=True), sqlite_with_rowid=False)
person_vocabulary = Table("person_vocabulary", metadata, _text("word", key=True), sqlite_with_rowid=False)
Index("case_numbers_seq", case_numbers.c.seq)
Index("person_numbers_seq", person_numbers.c.seq)

APPEND_ONLY = (audit, change_moves, ledger_moves, approvals)
