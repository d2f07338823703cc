"""The tables, fields and choice lists of the practice instance.

Field names without `u_` are ServiceNow's own; those with `u_` are this instance's (ours, made up).
"""

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

FieldType = Literal[
    "string",
    "choice",
    "reference",
    "glide_date_time",
    "glide_date",
    "integer",
    "decimal",
    "boolean",
    "journal",
    "duration",
]


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its type, its Danish and English label, and the table a reference points to."""

    name: str
    type: FieldType
    label: str
    label_en: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table; it has its parent's fields and its own."""

    name: str
    label: str
    label_en: str
    parent: str | None
    own: tuple[Field, ...]
    display: str = "number"
    prefix: str = ""
    """The letters of its record numbers; empty where it has none of its own."""


_TYPES: Final[dict[str, FieldType]] = {
    "s": "string",
    "c": "choice",
    "t": "glide_date_time",
    "d": "glide_date",
    "i": "integer",
    "n": "decimal",
    "b": "boolean",
    "j": "journal",
    "p": "duration",
}


def _fields(text: str) -> tuple[Field, ...]:
    """Read lines of `name type Danish label | English label`; a type `>table` is a reference."""
    found: list[Field] = []
    for line in filter(None, text.splitlines()):
        name, kind, labels = line.split(maxsplit=2)
        danish, _, english = labels.partition(" | ")
        if kind.startswith(">"):
            found.append(Field(name, "reference", danish, english or danish, kind[1:]))
        else:
            found.append(Field(name, _TYPES[kind], danish, english or danish))
    return tuple(found)


_TRACE = """
sys_id s Sys-id | Sys ID
sys_created_on t Oprettet | Created
sys_created_by s Oprettet af | Created by
"""
_SYSTEM = (
    _TRACE
    + """
sys_updated_on t Opdateret | Updated
sys_updated_by s Opdateret af | Updated by
sys_mod_count i Antal ændringer | Updates
"""
)

_TASK = (
    _SYSTEM
    + """
sys_class_name s Opgavetype | Task type
sys_domain s Domæne | Domain
number s Nummer | Number
short_description s Kort beskrivelse | Short description
description s Beskrivelse | Description
state c Status | State
active b Aktiv | Active
priority c Prioritet | Priority
urgency c Hastegrad | Urgency
impact c Påvirkning | Impact
approval c Godkendelse | Approval
contact_type c Kanal | Channel
escalation i Eskalering | Escalation
assignment_group >sys_user_group Tildelingsgruppe | Assignment group
assigned_to >sys_user Tildelt til | Assigned to
opened_at t Åbnet | Opened
opened_by >sys_user Åbnet af | Opened by
closed_at t Lukket | Closed
closed_by >sys_user Lukket af | Closed by
close_notes s Afslutningsnotat | Close notes
due_date t Forfaldsdato | Due date
sla_due t SLA forfalder | SLA due
made_sla b SLA overholdt | Made SLA
follow_up t Opfølgning | Follow up
work_start t Arbejde begyndt | Work start
work_end t Arbejde slut | Work end
time_worked p Tid brugt | Time worked
reassignment_count i Antal omtildelinger | Reassignment count
parent >task Overordnet | Parent
company >core_company Virksomhed | Company
correlation_id s Korrelations-id | Correlation ID
correlation_display s Korrelationsvisning | Correlation display
watch_list s Følgere | Watch list
work_notes j Arbejdsnoter | Work notes
comments j Kommentarer | Additional comments
u_fortrolig b Fortrolig | Confidential
"""
)

_HR_CASE = """
hr_service >sn_hr_core_service HR-ydelse | HR service
subject_person >sys_user Vedrører | Subject person
opened_for >sys_user Åbnet for | Opened for
topic_category >sn_hr_core_topic_category Emnekategori | Topic category
topic_detail s Emne | Topic detail
u_cpr s CPR-nr. | CPR number
u_tjenestenr s Tjenestenr. | Employment number
u_navn s Navn | Name
u_enhed s KKorg-nr. | KKorg number
u_intern_vurdering s Intern vurdering | Internal assessment
"""

_MONEY_CASE = """
opened_for >sys_user Åbnet for | Opened for
u_ydelse s Ydelse | Service
u_cpr s CPR-nr. | CPR number
u_tjenestenr s Tjenestenr. | Employment number
u_enhed s KKorg-nr. | KKorg number
u_beloeb n Beløb | Amount
u_cvr s CVR-nr. | CVR number
u_ean s EAN-nr. | EAN number
u_omkostningssted s Omkostningssted | Cost center
"""

_SLA = (
    _SYSTEM
    + """
task >task Opgave | Task
sla >contract_sla SLA-definition | SLA definition
stage c Trin | Stage
active b Aktiv | Active
start_time t Starttidspunkt | Start time
end_time t Stoptidspunkt | Stop time
planned_end_time t Planlagt sluttidspunkt | Breach time
has_breached b Overskredet | Has breached
percentage n Faktisk forløbet procent | Actual elapsed percentage
business_percentage n Forløbet procent i arbejdstid | Business elapsed percentage
time_left p Faktisk tid tilbage | Actual time left
business_time_left p Arbejdstid tilbage | Business time left
pause_duration p Faktisk pausetid | Actual pause duration
pause_time t Sat på pause | Pause time
schedule s Arbejdstidskalender | Schedule
"""
)

TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        Table("task", "Opgave", "Task", None, _fields(_TASK), prefix="TASK"),
        Table("sn_hr_core_case", "HR-sag", "HR Case", "task", _fields(_HR_CASE), prefix="HRC"),
        Table(
            "sn_hr_core_case_payroll", "HR-lønsag", "HR Payroll Case", "sn_hr_core_case",
            _fields("u_loenart s Lønart | Pay code\nu_loenperiode s Lønperiode | Pay period"), prefix="HRP",
        ),
        Table(
            "sn_hr_le_case", "Livscyklussag", "HR Lifecycle Events Case", "sn_hr_core_case",
            _fields("""
u_initiativ c Initiativ | Initiative
u_opsigelse_modtaget d Opsigelse modtaget | Notice received
u_oensket_fratraedelsesdato d Ønsket fratrædelsesdato | Requested leave date
u_aarsag c Årsag | Reason
u_fritstillet_fra d Fritstillet fra | Released from
u_ny_enhed s Ny enhed | New unit
"""), prefix="HRL",
        ),
        Table(
            "sn_spend_sdc_service_request", "Finansanmodning", "Finance Service Request", "task",
            _fields(_MONEY_CASE), prefix="FIN",
        ),
        Table(
            "sn_ap_cm_ap_case", "Kreditorsag", "Accounts Payable Case", "task",
            _fields(_MONEY_CASE + "u_fakturanr s Fakturanr. | Invoice number"), prefix="APC",
        ),
        Table(
            "sn_customerservice_case", "Henvendelse", "Case", "task",
            _fields("""
contact >sys_user Kontakt | Contact
category c Kategori | Category
resolution_code c Løsningskode | Resolution code
u_ansoegt_om s Ansøgt om | Requested records
"""), prefix="CS",
        ),
        Table(
            "sc_request", "Bestilling", "Request", "task",
            _fields("requested_for >sys_user Bestilt til | Requested for"), prefix="REQ",
        ),
        Table(
            "sc_req_item", "Bestilt ydelse", "Requested Item", "task",
            _fields("""
request >sc_request Bestilling | Request
cat_item >sc_cat_item Ydelse | Item
requested_for >sys_user Bestilt til | Requested for
quantity i Antal | Quantity
"""), prefix="RITM",
        ),
        Table(
            "sc_task", "Katalogopgave", "Catalog Task", "task",
            _fields("request_item >sc_req_item Bestilt ydelse | Request item"), prefix="SCTASK",
        ),
        Table(
            "sys_user", "Bruger", "User", None,
            _fields(_SYSTEM + """
user_name s Bruger-id | User ID
name s Navn | Name
first_name s Fornavn | First name
last_name s Efternavn | Last name
email s E-mail | Email
employee_number s Tjenestenr. | Employee number
title s Titel | Title
active b Aktiv | Active
locked_out b Låst | Locked out
department >cmn_department Afdeling | Department
time_zone s Tidszone | Time zone
date_format s Datoformat | Date format
time_format s Tidsformat | Time format
preferred_language s Sprog | Language
"""), display="name",
        ),
        Table(
            "sys_user_group", "Gruppe", "Group", None,
            _fields(_SYSTEM + """
name s Navn | Name
description s Beskrivelse | Description
manager >sys_user Leder | Manager
email s Gruppe-e-mail | Group email
active b Aktiv | Active
"""), display="name",
        ),
        Table(
            "sys_user_grmember", "Gruppemedlem", "Group Member", None,
            _fields(_SYSTEM + "user >sys_user Bruger | User\ngroup >sys_user_group Gruppe | Group"),
            display="sys_id",
        ),
        Table(
            "sys_user_has_role", "Brugerrolle", "User Role", None,
            _fields(_SYSTEM + "user >sys_user Bruger | User\nrole s Rolle | Role"), display="role",
        ),
        Table(
            "sys_choice", "Valgmulighed", "Choice", None,
            _fields(_SYSTEM + """
name s Tabel | Table
element s Felt | Element
value s Værdi | Value
label s Tekst | Label
language s Sprog | Language
sequence i Rækkefølge | Sequence
inactive b Inaktiv | Inactive
dependent_value s Afhængig værdi | Dependent value
"""), display="label",
        ),
        Table(
            "sys_journal_field", "Journalpost", "Journal Entry", None,
            _fields(_TRACE + """
name s Tabel | Name
element s Felt | Element
element_id s Post-id | Element ID
value s Tekst | Value
"""), display="sys_id",
        ),
        Table(
            "sys_attachment", "Vedhæftet fil", "Attachment", None,
            _fields(_SYSTEM + """
file_name s Filnavn | File name
content_type s Indholdstype | Content type
size_bytes i Størrelse | Size bytes
size_compressed i Komprimeret størrelse | Size compressed
compressed b Komprimeret | Compressed
table_name s Tabel | Table name
table_sys_id s Post-id | Table sys ID
hash s SHA-256 | Hash
state s Tilstand | State
"""), display="file_name",
        ),
        Table("task_sla", "Opgave-SLA", "Task SLA", None, _fields(_SLA), display="sys_id"),
        Table(
            "contract_sla", "SLA-definition", "SLA Definition", None,
            _fields(_SYSTEM + """
name s Navn | Name
duration p Varighed | Duration
collection s Tabel | Table
active b Aktiv | Active
"""), display="name",
        ),
        Table(
            "sys_dictionary", "Ordbog", "Dictionary Entry", None,
            _fields(_SYSTEM + """
name s Tabel | Table
element s Felt | Column name
internal_type s Type | Type
reference s Refererer til | Reference
column_label s Tekst | Column label
"""), display="element",
        ),
        Table(
            "sys_db_object", "Tabel", "Table", None,
            _fields(_SYSTEM + """
name s Navn | Name
label s Tekst | Label
super_class >sys_db_object Udvider | Extends table
"""), display="label",
        ),
        Table(
            "sys_audit_delete", "Slettet post", "Deleted Record", None,
            _fields(_SYSTEM + "tablename s Tabel | Table name\ndocumentkey s Post-id | Document key"),
            display="documentkey",
        ),
        Table(
            "sysapproval_approver", "Godkendelse", "Approval", None,
            _fields(_SYSTEM + """
approver >sys_user Godkender | Approver
state c Status | State
sysapproval >task Godkendelse af | Approval for
source_table s Kildetabel | Source table
due_date t Forfaldsdato | Due date
comments j Kommentarer | Comments
"""), display="sys_id",
        ),
        Table(
            "sc_item_option_mtom", "Variabelejerskab", "Variable Ownership", None,
            _fields(_SYSTEM + """
request_item >sc_req_item Bestilt ydelse | Parent item
sc_item_option >sc_item_option Valg | Dependent item
"""), display="sys_id",
        ),
        Table(
            "sc_item_option", "Svar på variabel", "Option", None,
            _fields(_SYSTEM + """
item_option_new >item_option_new Spørgsmål | Question
value s Værdi | Value
order i Rækkefølge | Order
"""), display="value",
        ),
        Table(
            "item_option_new", "Variabel", "Variable", None,
            _fields(_SYSTEM + """
name s Navn | Name
question_text s Spørgsmål | Question
type s Type | Type
reference s Refererer til | Reference
order i Rækkefølge | Order
cat_item >sc_cat_item Ydelse | Catalog item
"""), display="question_text",
        ),
        Table(
            "sc_multi_row_question_answer", "Svar i flere rækker", "Multi Row Question Answer", None,
            _fields(_SYSTEM + """
parent_id s Overordnet post | Parent ID
parent_table_name s Overordnet tabel | Parent table
row_index s Rækkenøgle | Row index
item_option_new >item_option_new Spørgsmål | Question
value s Værdi | Value
order i Rækkefølge | Order
"""), display="sys_id",
        ),
        Table(
            "sc_cat_item", "Katalogydelse", "Catalog Item", None,
            _fields(_SYSTEM + "name s Navn | Name\nshort_description s Kort beskrivelse | Short description"),
            display="name",
        ),
        Table(
            "sn_hr_core_service", "HR-ydelse", "HR Service", None,
            _fields(_SYSTEM + "name s Navn | Name\nvalue s Værdi | Value\nactive b Aktiv | Active"),
            display="name",
        ),
        Table(
            "sn_hr_core_topic_category", "Emnekategori", "Topic Category", None,
            _fields(_SYSTEM + "name s Navn | Name"), display="name",
        ),
        Table("core_company", "Virksomhed", "Company", None, _fields(_SYSTEM + "name s Navn | Name"),
              display="name"),
        Table(
            "cmn_department", "Afdeling", "Department", None,
            _fields(_SYSTEM + "name s Navn | Name\nid s KKorg-nr. | ID"), display="name",
        ),
    )
}  # fmt: skip


@cache
def lineage(table: str) -> tuple[str, ...]:
    """The table and its ancestors, nearest first."""
    parent = TABLES[table].parent
    return (table,) if parent is None else (table, *lineage(parent))


@cache
def fields_of(table: str) -> dict[str, Field]:
    """Every field of the table by name, inherited ones first."""
    fields: dict[str, Field] = {}
    for name in reversed(lineage(table)):
        fields |= {field.name: field for field in TABLES[name].own}
    return fields


@cache
def is_kind_of(table: str, ancestor: str) -> bool:
    """Whether rows of `table` are also rows of `ancestor`."""
    return ancestor in lineage(table)


@cache
def clock_field(table: str) -> str:
    """The field that a reader pages on: journal entries are never updated, so have only a creation time."""
    return "sys_updated_on" if "sys_updated_on" in fields_of(table) else "sys_created_on"


Labels = tuple[str, str, str]
"""Value, Danish label, English label."""

_TASK_STATES: Final[tuple[Labels, ...]] = (
    ("-5", "Afventer", "Pending"),
    ("1", "Åben", "Open"),
    ("2", "Igangværende", "Work in Progress"),
    ("3", "Afsluttet", "Closed Complete"),
    ("4", "Afsluttet ufuldstændigt", "Closed Incomplete"),
    ("7", "Sprunget over", "Closed Skipped"),
)
_HR_STATES: Final[tuple[Labels, ...]] = (
    ("1", "Kladde", "Draft"),
    ("10", "Klar", "Ready"),
    ("18", "Igangværende", "Work in Progress"),
    ("20", "Afventer accept", "Awaiting Acceptance"),
    ("24", "Sat på hold", "Suspended"),
    ("3", "Afsluttet", "Closed Complete"),
    ("4", "Afsluttet ufuldstændigt", "Closed Incomplete"),
    ("7", "Annulleret", "Cancelled"),
)
_FINANCE_STATES: Final[tuple[Labels, ...]] = (
    ("100", "Ny", "New"),
    ("200", "I gang", "In Progress"),
    ("250", "Afventer rekvirent", "Awaiting Requester"),
    ("300", "Til godkendelse", "Awaiting Approval"),
    ("400", "Løst", "Resolved"),
    ("500", "Annulleret", "Cancelled"),
)
_CASE_STATES: Final[tuple[Labels, ...]] = (
    ("1", "Ny", "New"),
    ("10", "Åben", "Open"),
    ("18", "Afventer oplysninger", "Awaiting Info"),
    ("6", "Løst", "Resolved"),
    ("3", "Lukket", "Closed"),
    ("7", "Annulleret", "Cancelled"),
)
_LEVELS: Final[tuple[Labels, ...]] = (("1", "Høj", "High"), ("2", "Mellem", "Medium"), ("3", "Lav", "Low"))

CHOICES: Final[dict[tuple[str, str], tuple[Labels, ...]]] = {
    ("task", "state"): _TASK_STATES,
    ("sn_hr_core_case", "state"): _HR_STATES,
    ("sn_spend_sdc_service_request", "state"): _FINANCE_STATES,
    ("sn_ap_cm_ap_case", "state"): _FINANCE_STATES,
    ("sn_customerservice_case", "state"): _CASE_STATES,
    ("task", "priority"): (
        ("1", "1 - Kritisk", "1 - Critical"),
        ("2", "2 - Høj", "2 - High"),
        ("3", "3 - Moderat", "3 - Moderate"),
        ("4", "4 - Lav", "4 - Low"),
        ("5", "5 - Planlægning", "5 - Planning"),
    ),
    ("task", "urgency"): _LEVELS,
    ("task", "impact"): _LEVELS,
    ("task", "approval"): (
        ("not requested", "Ikke anmodet", "Not Yet Requested"),
        ("requested", "Anmodet", "Requested"),
        ("approved", "Godkendt", "Approved"),
        ("rejected", "Afvist", "Rejected"),
        ("cancelled", "Annulleret", "No Longer Required"),
    ),
    ("task", "contact_type"): (
        ("self-service", "Selvbetjening", "Self-service"),
        ("email", "E-mail", "Email"),
        ("phone", "Telefon", "Phone"),
        ("walk-in", "Personligt fremmøde", "Walk-in"),
    ),
    ("sn_hr_le_case", "u_initiativ"): (
        ("M", "Medarbejder", "Employee"),
        ("A", "Arbejdsgiver", "Employer"),
        ("D", "Død", "Death"),
        ("T", "Tidsbegrænset ansættelse udløber", "Fixed term ends"),
    ),
    ("sn_hr_le_case", "u_aarsag"): (
        ("01", "Eget ønske", "Own wish"),
        ("02", "Pension", "Retirement"),
        ("03", "Afsked, arbejdsmangel", "Dismissal, redundancy"),
        ("04", "Afsked, medarbejderens forhold", "Dismissal, conduct"),
        ("05", "Afsked, sygdom", "Dismissal, sickness"),
        ("06", "Død", "Death"),
        ("07", "Tidsbegrænset ansættelse udløber", "Fixed term ends"),
        ("08", "Skifter stilling i kommunen", "Internal move"),
    ),
    ("sn_customerservice_case", "category"): (
        ("aktindsigt", "Aktindsigt", "Access to records"),
        ("spoergsmaal", "Spørgsmål", "Question"),
    ),
    ("sn_customerservice_case", "resolution_code"): (
        ("givet", "Givet", "Granted"),
        ("delvist", "Delvist givet", "Partly granted"),
        ("afslag", "Afslag", "Refused"),
    ),
    ("task_sla", "stage"): (
        ("in_progress", "I gang", "In progress"),
        ("paused", "Sat på pause", "Paused"),
        ("completed", "Afsluttet", "Completed"),
        ("cancelled", "Annulleret", "Cancelled"),
        ("breached", "Overskredet", "Breached"),
    ),
    ("sysapproval_approver", "state"): (
        ("not requested", "Ikke anmodet", "Not Yet Requested"),
        ("requested", "Anmodet", "Requested"),
        ("approved", "Godkendt", "Approved"),
        ("rejected", "Afvist", "Rejected"),
        ("cancelled", "Annulleret", "No Longer Required"),
    ),
}

_CLOSED: Final[dict[str, frozenset[str]]] = {
    "task": frozenset({"3", "4", "7"}),
    "sn_hr_core_case": frozenset({"3", "4", "7"}),
    "sn_spend_sdc_service_request": frozenset({"400", "500"}),
    "sn_ap_cm_ap_case": frozenset({"400", "500"}),
    "sn_customerservice_case": frozenset({"3", "6", "7"}),
}


@cache
def closed_states(table: str) -> frozenset[str]:
    """The states of a task table in which `active` is false."""
    return next(_CLOSED[name] for name in lineage(table) if name in _CLOSED)


@cache
def choice_source(table: str, element: str) -> str | None:
    """The table whose choice list the field uses: its own, else the nearest ancestor's."""
    return next((name for name in lineage(table) if (name, element) in CHOICES), None)
