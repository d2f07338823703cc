"""A CPR number is in the workspace and on the screen of whoever may see it, and nowhere else."""

import re
import zipfile
from pathlib import Path

from office import Person, everything_in
from resultatloen_file import spoilt, write

from kkassist.practice.resultatloen import resultatloen_rows
from kkassist.practice.run import RunningCity

TEN_DIGITS = re.compile(r"(?<!\d)(\d{6})-?(\d{4})(?!\d)")


def cprs_in(text: str, city: RunningCity) -> set[str]:
    """The numbers of the city's people that a text holds, with or without hyphen."""
    known = {one.cpr for one in city.city.employments}
    return {a + b for a, b in TEN_DIGITS.findall(text)} & known


def test_no_number_is_left_in_logs_names_addresses_errors_or_bundle(
    anna: Person, city: RunningCity, tmp_path: Path
) -> None:
    someone = city.city.employments[11]
    hyphened = f"{someone.cpr[:6]}-{someone.cpr[6:]}"
    case = anna.does("queue", "--limit", 1)["cases"][0]["sys_id"]
    secret_file = tmp_path / f"opsigelse {hyphened}.txt"
    secret_file.write_text("Bilag", encoding="utf-8")
    template = Path(anna.does("upload", "template", "resultatloen", tmp_path / "skabelon.xlsx")["path"])
    rows, _ = spoilt(resultatloen_rows(city.city, 1_000, seed=6))
    file = write(template, tmp_path / "r.xlsx", rows)
    city.servicenow.log.clear()
    city.servicenow.faults.switch("error_500", times=2)

    said = [
        anna.says("-v", *words)
        for words in (
            ("sync", "--full"),
            ("person", someone.cpr),
            ("person", hyphened),
            ("queue", "--search", someone.cpr),
            ("case", hyphened),
            ("case", case),
            ("set", someone.cpr, "state=2"),
            ("queue", someone.cpr),
            ("note", case, "--comment", f"Vedrører {someone.cpr}"),
            ("note", case, "--work-note", f"Vedrører {hyphened}"),
            ("set", case, f"u_cpr={someone.cpr}"),
            ("attach", case, secret_file),
            ("push",),
            ("upload", "check", "resultatloen", file, "--errors", tmp_path / "fejl.xlsx"),
            ("upload", "submit", "resultatloen", file),
            ("calc", "cpr", "--json-in", secret_file),
            ("support-bundle", anna.home / "support.zip"),
        )
    ]
    for one in said:
        assert cprs_in(one.err, city) == set(), one.err
        if one.code != 0 and one.data.get("error"):
            assert cprs_in(one.out, city) == set(), one.out
    assert "CPR" in said[11].data["error"] and said[11].code == 1

    for path in everything_in(anna.home):
        assert cprs_in(path.name, city) == set(), path.name
    for path in everything_in(anna.home / "logs"):
        assert path.stat().st_size > 0
        assert cprs_in(path.read_text(encoding="utf-8"), city) == set()
    raw = (anna.home / "workspace.db").read_bytes()
    assert someone.cpr.encode() not in raw and someone.last_name.encode() not in raw, (
        "the workspace is not encrypted"
    )

    addresses = [f"{one.path} {one.params}" for one in city.servicenow.log]
    addresses += [f"{one.path} {one.query}" for one in city.robots.server.served]
    assert len(addresses) > 20
    assert cprs_in("\n".join(addresses), city) == set()
    with zipfile.ZipFile(anna.home / "support.zip") as bundle:
        for name in bundle.namelist():
            assert cprs_in(bundle.read(name).decode("utf-8"), city) == set(), name
