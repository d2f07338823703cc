"""Fills the instance: choice lists, dictionary, people, services, SLA definitions, cases."""

import random
from datetime import timedelta

from kkassist.practice.city import City
from kkassist.practice.servicenow.call import Instance
from kkassist.practice.servicenow.cases import CaseMaker, References
from kkassist.practice.servicenow.clock import duration, stamp
from kkassist.practice.servicenow.people import People
from kkassist.practice.servicenow.schema import CHOICES, TABLES
from kkassist.practice.servicenow.tables import Tables
from kkassist.practice.servicenow.texts import KINDS

_INSTALLED_DAYS_AGO = 900


def fill(instance: Instance, city: City, *, cases: int, seed: int) -> None:
    """Everything the instance holds when it starts; deterministic by seed, city and the clock's instant."""
    tables = instance.tables
    now = tables.clock.now().replace(microsecond=0)
    installed = stamp(now - timedelta(days=_INSTALLED_DAYS_AGO))
    with tables.seeding():
        _choices(tables, installed)
        _dictionary(tables, installed)
        people = People(tables, city, installed)
        references = References(
            services=_named(
                tables, "sn_hr_core_service", [kind.service for kind in KINDS if kind.service], installed
            ),
            topics=_named(tables, "sn_hr_core_topic_category", ["Løn", "Ansættelsesforhold"], installed),
            slas=_slas(tables, installed),
            company=_named(tables, "core_company", ["Københavns Kommune"], installed)["Københavns Kommune"],
            card=_catalogue(tables, installed),
        )
        maker = CaseMaker(instance, city, people, references, rng=random.Random(f"{seed}:cases"), now=now)
        maker.make(cases)


def _choices(tables: Tables, at: str) -> None:
    for (table, element), labels in CHOICES.items():
        for sequence, (value, danish, english) in enumerate(labels):
            for language, label in (("da", danish), ("en", english)):
                values = {"name": table, "element": element, "value": value, "label": label, "language": language}
                tables.add("sys_choice", {**values, "sequence": str(sequence * 10)}, at=at)


def _dictionary(tables: Tables, at: str) -> None:
    ids: dict[str, str] = {}
    for table in TABLES.values():
        values = {"name": table.name, "label": table.label, "super_class": ids.get(table.parent or "", "")}
        ids[table.name] = tables.add("sys_db_object", values, at=at)["sys_id"]
        for field in table.own:
            entry = {"name": table.name, "element": field.name, "column_label": field.label}
            tables.add(
                "sys_dictionary", {**entry, "internal_type": field.type, "reference": field.reference}, at=at
            )


def _named(tables: Tables, table: str, names: list[str], at: str) -> dict[str, str]:
    return {
        name: tables.add(table, {"name": name, "active": "true", "value": name.lower()}, at=at)["sys_id"]
        for name in names
    }


def _slas(tables: Tables, at: str) -> dict[str, str]:
    """One definition for each kind of case."""
    return {
        kind.key: tables.add(
            "contract_sla",
            {
                "name": f"{kind.service or 'Opgave'}, {kind.sla_days} dage",
                "duration": duration(kind.sla_days * 86400),
                "collection": kind.table,
                "active": "true",
            },
            at=at,
        )["sys_id"]
        for kind in KINDS
    }


def _catalogue(tables: Tables, at: str) -> dict[str, str]:
    """The one catalogue item and its questions, by name; `item` is the item itself."""
    item = tables.add("sc_cat_item", {"name": "Firmadankort", "short_description": "Bestil firmadankort"}, at=at)
    found = {"item": item["sys_id"]}
    questions = (
        ("kortholder", "Hvem skal have kortet?", "8", "sys_user"),
        ("beloebsgraense", "Beløbsgrænse pr. måned", "5", ""),
        ("begrundelse", "Begrundelse", "2", ""),
        ("formaal", "Formål", "6", ""),
        ("belob", "Forventet beløb", "6", ""),
    )
    for order, (name, text, kind, reference) in enumerate(questions):
        values = {"name": name, "question_text": text, "type": kind, "reference": reference, "order": str(order)}
        row = tables.add("item_option_new", {**values, "cat_item": item["sys_id"]}, at=at)
        found[name] = row["sys_id"]
    return found
