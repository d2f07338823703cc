"""The rules asked by name."""

import pytest

from kkassist.domain.errors import Misused, Refused, Unreadable
from kkassist.rules.registry import calculate, calculations


def test_the_notice_is_worked_out_with_figures_steps_and_source() -> None:
    outcome = calculate("varsel", {"ansat": "01-08-2020", "opsagt": "2026-04-01", "initiativ": "A"})
    assert outcome.figures["fratraeden"] == "2026-09-30"
    assert outcome.figures["maaneder"] == "5"
    assert outcome.source.startswith("funktionærloven § 2")
    assert outcome.as_dict()["steps"] == list(outcome.steps)
    assert outcome.warnings == ()


def test_a_start_in_mid_month_comes_with_a_warning() -> None:
    outcome = calculate("varsel", {"ansat": "15-02-2020", "opsagt": "10-07-2020", "initiativ": "A"})
    assert outcome.warnings == ("Medarbejderen begyndte midt i en måned. Kontrollér varslet.",)


@pytest.mark.parametrize(
    ("name", "values", "figure", "expected"),
    [
        ("arbejdsdage", {"fra": "27-03-2026", "antal": "7"}, "dato", "2026-04-10"),
        ("fratraedelsesgodtgoerelse", {"ansat": "1-6-2014", "fratraeden": "31-5-2026"}, "maaneder", "1"),
        ("efterloen", {"ansat": "1-6-2014", "doedsdato": "31-5-2026", "efterladte": "J"}, "maaneder", "3"),
        ("cvr", {"cvr": "64 94 22 12"}, "cvr", "64942212"),
        ("ean", {"ean": "5790000710324"}, "ean", "5790000710324"),
        ("iban", {"iban": "DK50 0040 0440 1162 43"}, "iban", "DK5000400440116243"),
        ("konto", {"konto": "1234 1234567"}, "konto", "0001234567"),
        ("cpr", {"cpr": "610190-1234"}, "cpr", "610190-••••"),
    ],
)
def test_every_rule_answers(name: str, values: dict[str, str], figure: str, expected: str) -> None:
    assert calculate(name, values).figures[figure] == expected


def test_cpr_tells_but_does_not_refuse_a_replacement_number_without_check_digit() -> None:
    outcome = calculate("cpr", {"cpr": "610190-1234"})
    assert len(outcome.warnings) == 2
    assert "6101901234" not in str(outcome.as_dict())


@pytest.mark.parametrize(
    ("name", "values"),
    [("cvr", {"cvr": "64942213"}), ("ean", {"ean": "5790000710325"}), ("iban", {"iban": "DK5100400440116243"}),
     ("konto", {"konto": "12"}), ("cpr", {"cpr": "123"})],
)  # fmt: skip
def test_wrong_numbers_are_refused(name: str, values: dict[str, str]) -> None:
    with pytest.raises(Unreadable):
        calculate(name, values)


def test_wrong_use_names_what_fits() -> None:
    with pytest.raises(Misused, match="varsel"):
        calculate("findes-ikke", {})
    with pytest.raises(Misused, match="antal"):
        calculate("arbejdsdage", {"fra": "01-01-2026"})
    with pytest.raises(Misused, match="kendes ikke"):
        calculate("cvr", {"cvr": "64942212", "x": "1"})
    with pytest.raises(Misused, match="LOV_UDVIDET"):
        calculate("arbejdsdage", {"fra": "01-01-2026", "antal": "2", "kalender": "JUL"})
    with pytest.raises(Refused, match="helt tal"):
        calculate("arbejdsdage", {"fra": "01-01-2026", "antal": "to"})


def test_each_rule_has_a_description_and_inputs() -> None:
    for name, one in calculations().items():
        assert one.name == name
        assert one.description
        assert one.inputs
