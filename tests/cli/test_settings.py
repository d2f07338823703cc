"""settings.toml: what is wrong is told with its line and what fits; what is right is frozen."""

from pathlib import Path

import pytest

from kkassist.cli.settings import parse_settings, read_settings
from kkassist.domain.errors import Misused

WHOLE = """\
practice = true

[user]
id = "anna.holm"
role = "sagsbehandler"
language = "da"

[servicenow]
url = "https://servicenow.example"
auth = "oauth-pkce"
client_id = "abc"
tables = ["task"]
groups = ["Løn og ansættelse"]

[servicenow.process_map]
"sn_hr_le_case|Fratrædelse" = "fratraedelse"

[opus]
folder = "opus"
min_units = 1

[kkorg]
kind = "os2mo"
url = "https://mo.example/graphql/v30"

[robots]
url = "https://orchestrator.example"

[process.resultatloen.aftaler."RL-1"]
loft = 60000
"""


def test_a_whole_file_is_read() -> None:
    settings = parse_settings(WHOLE, Path("/home/anna"))

    assert settings.user.id == "anna.holm"
    assert settings.servicenow is not None
    assert settings.servicenow.groups == ("Løn og ansættelse",)
    assert settings.servicenow.process_map == {"sn_hr_le_case|Fratrædelse": "fratraedelse"}
    assert settings.opus is not None
    assert settings.opus.folder == Path("/home/anna/opus")
    assert settings.process["resultatloen"]["aftaler"]["RL-1"] == {"loft": "60000"}
    assert settings.edoc is None
    assert settings.practice


@pytest.mark.parametrize(
    ("written", "instead", "line", "tells"),
    [
        ('role = "sagsbehandler"', 'role = "chef"', 5, "godkender"),
        ('language = "da"', 'langage = "da"', 6, "language"),
        ('auth = "oauth-pkce"', 'auth = "kerberos"', 10, "client-credentials"),
        ('tables = ["task"]', 'tables = "task"', 12, "liste"),
        ("min_units = 1", 'min_units = "en"', 20, "helt tal"),
        ("min_units = 1", "min_units = -1", 20, "negativt"),
        ('url = "https://orchestrator.example"', 'url = "orchestrator"', 27, "https://"),
        ("[robots]", "[robot]", 26, "robots"),
        ("practice = true", "practice = maybe", 1, "TOML"),
        ('id = "anna.holm"\n', "", 3, "id"),
    ],
)
def test_a_fault_names_its_line_and_what_fits(written: str, instead: str, line: int, tells: str) -> None:
    with pytest.raises(Misused) as refusal:
        parse_settings(WHOLE.replace(written, instead, 1), Path("/home/anna"))

    assert refusal.value.exit_code == 2
    assert refusal.value.faults[0].line == line
    assert tells in refusal.value.faults[0].message


def test_every_fault_is_listed_at_once() -> None:
    text = WHOLE.replace('role = "sagsbehandler"', 'role = "x"').replace("min_units = 1", "min_unit = 1")

    with pytest.raises(Misused) as refusal:
        parse_settings(text, Path("/home/anna"))

    assert [fault.key for fault in refusal.value.faults] == ["user.role", "opus.min_unit"]


def test_a_home_without_settings_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Misused, match="kkassist init"):
        read_settings(tmp_path)
