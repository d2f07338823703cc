"""A resultatløn file as a budget holder would send it: rows without errors, for samples and tests."""

import random
from datetime import date
from decimal import Decimal

from kkassist.practice.city import City, Employment

AGREEMENTS = 20
"""RL-2026-001 … RL-2026-020: demo values of ours, valid 2025-07-01 to 2026-12-31 with a ceiling of 60,000 kr."""
NOT_PENSIONABLE_EVERY = 4
EARNED_FROM, EARNED_TO = date(2026, 1, 1), date(2026, 6, 30)
REASONS = (
    "Målene for sygefravær og trivsel er nået.",
    "Budgetoverholdelse og kvalitetsmål er opfyldt for perioden.",
    "Ekstraordinær indsats ved omlægningen af driften.",
    "Brugertilfredsheden er steget som aftalt.",
    "Projektet er afsluttet til tiden og inden for budgettet.",
)


def resultatloen_rows(city: City, rows: int, seed: int) -> list[dict[str, str]]:
    """`rows` rows, at most one per employment that lasted through the period; ValueError when there are fewer.

    Keys are the columns' Danish headings, values Danish texts (1.234,56; DD-MM-ÅÅÅÅ; ÅÅÅÅ-MM).
    """
    rng = random.Random(f"{seed}:resultatloen")
    eligible = [one for one in city.employments if _employed_throughout(one)]
    if rows > len(eligible):
        raise ValueError(f"only {len(eligible)} employments lasted through the period")
    return [_row(rng, one, city) for one in rng.sample(eligible, rows)]


def _employed_throughout(one: Employment) -> bool:
    return one.entry_date <= EARNED_FROM and one.leave_date is None and one.work_contract == "01"


def _row(rng: random.Random, one: Employment, city: City) -> dict[str, str]:
    agreement = rng.randint(1, AGREEMENTS)
    return {
        "CPR-nr.": one.cpr,
        "Tjenestenr.": one.tjenestenr,
        "Navn": one.name,
        "Lønart": "ENG-RES",
        "Beløb": _danish(Decimal(rng.randint(16, 240)) * 250),
        "Pensionsgivende J/N": "J" if agreement % NOT_PENSIONABLE_EVERY else "N",
        "Optjeningsperiode fra": f"{EARNED_FROM:%d-%m-%Y}",
        "Optjeningsperiode til": f"{EARNED_TO:%d-%m-%Y}",
        "Udbetalingsmåned ÅÅÅÅ-MM": _next_month(city.today),
        "Aftale-id": f"RL-2026-{agreement:03d}",
        "Begrundelse": rng.choice(REASONS),
        "Omkostningssted": "",
        "PSP": "",
    }


def _danish(amount: Decimal) -> str:
    return f"{amount:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def _next_month(day: date) -> str:
    year, month = divmod(day.year * 12 + day.month, 12)
    return f"{year}-{month + 1:02d}"
