"""Peoples the practice city: units, employments and accounts, all made up, equal for equal seeds.

CPR numbers have the day raised by 60, the form that Danish registers use for replacement numbers, so that
none of them can belong to anybody; their check digit holds.
"""

import random
import unicodedata
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from kkassist.practice import names
from kkassist.practice.city import Account, City, Employment, Unit

GROUPS = (
    "Løn og ansættelse",
    "Finans",
    "Jobskifte og organisation",
    "Rejser og kørsel",
    "Aktindsigt",
)
MAIL_DOMAIN = "oevelse.example"
FULL_TIME = Decimal("37")
NAMESPACE = uuid.UUID("5a0d6f0e-2f0b-5b8e-9a53-6b6b61737369")
EMPLOYEES_PER_UNIT = 25
SHARE_OF_SUB_UNITS = 0.3
SHARE_WITH_MORE_JOBS = 0.04
SHARE_PROTECTED = 0.005
SHARE_LEAVING = 0.015
SHARE_STARTING = 0.008
SHARE_HOURLY = 0.07
SHARE_TJENESTEMAND = 0.03
SHARE_UNITS_WITHOUT_LEADER = 0.03

_CPR_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2)
_EAN_PREFIX = "5798009"


@dataclass(frozen=True, slots=True)
class _Job:
    """A title with what OPUS says about it. Position and pay grade numbers are the practice city's own."""

    title: str
    position_id: str
    pay_grade_text: str


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of workplace: how such units are called, who leads them and who works there."""

    pattern: str
    leader: str
    jobs: tuple[str, ...]
    sub_unit: str


@dataclass(frozen=True, slots=True)
class _Forvaltning:
    code: str
    name: str
    share: float
    address: tuple[str, str, str]
    areas: tuple[str, ...]
    kinds: tuple[_Kind, ...]


_PAY_GRADES = {
    "Lærer": "Lærere",
    "Børnehaveklasseleder": "Børnehaveklasseledere",
    "Pædagog": "Pædagoger",
    "Souschef": "Pædagogiske ledere",
    "Pædagogmedhjælper": "Pædagogmedhjælpere",
    "Sygeplejerske": "Sygeplejersker",
    "Social- og sundhedsassistent": "Social- og sundhedspersonale",
    "Social- og sundhedshjælper": "Social- og sundhedspersonale",
    "Ergoterapeut": "Ergo- og fysioterapeuter",
    "Fysioterapeut": "Ergo- og fysioterapeuter",
    "Socialrådgiver": "Socialrådgivere",
    "Socialpædagog": "Socialpædagoger",
    "Ingeniør": "Ingeniører",
    "Specialarbejder": "Specialarbejdere",
    "Gartner": "Gartnere",
    "Bibliotekar": "Bibliotekarer",
    "Teknisk servicemedarbejder": "Teknisk service",
    "Rengøringsassistent": "Rengøringsassistenter",
}
_OFFICE_GRADE = "Administration og it, HK"
_ACADEMIC = frozenset({"Fuldmægtig", "Specialkonsulent", "Chefkonsulent", "Jurist"})
_LEADERS = frozenset(
    {
        "Administrerende direktør",
        "Direktør",
        "Områdechef",
        "Kontorchef",
        "Teamleder",
        "Skoleleder",
        "Klyngeleder",
        "Institutionsleder",
        "Forstander",
        "Centerchef",
        "Driftsleder",
        "Bibliotekschef",
        "Afdelingsleder",
    }
)

_OFFICE_JOBS = (
    "Assistent",
    "Overassistent",
    "Kontorfunktionær",
    "Fuldmægtig",
    "Specialkonsulent",
    "Chefkonsulent",
    "Jurist",
)
_OFFICE = _Kind("Kontor for {topic}", "Kontorchef", _OFFICE_JOBS, "Team {n}")
_SCHOOL = _Kind(
    "{place} Skole",
    "Skoleleder",
    ("Lærer", "Lærer", "Lærer", "Pædagog", "Børnehaveklasseleder", "Teknisk servicemedarbejder", "Assistent"),
    "Afdeling {n}. klasse",
)
_DAYCARE = _Kind(
    "Børnehuset {playful}",
    "Institutionsleder",
    ("Pædagog", "Pædagog", "Pædagogmedhjælper", "Pædagogmedhjælper", "Souschef"),
    "Stue {n}",
)
_AFTERSCHOOL = _Kind("Fritidshjemmet {playful}", "Klyngeleder", ("Pædagog", "Pædagogmedhjælper"), "Gruppe {n}")
_NURSING_HOME = _Kind(
    "Plejehjemmet {place}gården",
    "Forstander",
    (
        "Social- og sundhedsassistent",
        "Social- og sundhedshjælper",
        "Sygeplejerske",
        "Ergoterapeut",
        "Rengøringsassistent",
    ),
    "Afsnit {n}",
)
_HOME_CARE = _Kind(
    "Hjemmeplejen {place}",
    "Driftsleder",
    ("Social- og sundhedshjælper", "Social- og sundhedsassistent", "Sygeplejerske"),
    "Gruppe {n}",
)
_TRAINING = _Kind(
    "Træningscenter {place}", "Centerchef", ("Fysioterapeut", "Ergoterapeut", "Assistent"), "Hold {n}"
)
_SOCIAL_CENTRE = _Kind(
    "Socialcenter {place}", "Centerchef", ("Socialrådgiver", "Socialpædagog", "Assistent"), "Enhed {n}"
)
_SHELTER = _Kind(
    "Botilbuddet {playful}", "Forstander", ("Socialpædagog", "Social- og sundhedsassistent"), "Bogruppe {n}"
)
_JOB_CENTRE = _Kind(
    "Jobcenter {place}", "Centerchef", ("Socialrådgiver", "Specialkonsulent", "Assistent"), "Team {n}"
)
_DEPOT = _Kind("Driftsområde {place}", "Driftsleder", ("Specialarbejder", "Gartner", "Ingeniør"), "Sjak {n}")
_LIBRARY = _Kind("{place} Bibliotek", "Bibliotekschef", ("Bibliotekar", "Assistent"), "Afdeling {n}")
_SPORTS = _Kind("{place} Idrætsanlæg", "Driftsleder", ("Teknisk servicemedarbejder", "Assistent"), "Hal {n}")

_FORVALTNINGER = (
    _Forvaltning(
        "ØKF",
        "Økonomiforvaltningen",
        0.06,
        ("Rådhuspladsen 1", "1550", "København V"),
        ("Koncernservice", "Koncern IT", "Københavns Ejendomme", "Center for Økonomi", "Center for HR"),
        (_OFFICE,),
    ),
    _Forvaltning(
        "BUF",
        "Børne- og Ungdomsforvaltningen",
        0.42,
        ("Gyldenløvesgade 15", "1600", "København V"),
        (
            "Område Amager",
            "Område Indre By-Østerbro",
            "Område Nørrebro-Bispebjerg",
            "Område Vanløse-Brønshøj",
            "Område Valby-Vesterbro",
        ),
        (_SCHOOL, _DAYCARE, _DAYCARE, _AFTERSCHOOL),
    ),
    _Forvaltning(
        "SUF",
        "Sundheds- og Omsorgsforvaltningen",
        0.24,
        ("Borups Allé 177", "2200", "København N"),
        ("Center for Plejehjem", "Center for Hjemmepleje", "Center for Sundhed og Træning"),
        (_NURSING_HOME, _HOME_CARE, _TRAINING),
    ),
    _Forvaltning(
        "SOF",
        "Socialforvaltningen",
        0.15,
        ("Bernstorffsgade 17", "1577", "København V"),
        ("Borgercenter Børn og Unge", "Borgercenter Voksne", "Borgercenter Handicap"),
        (_SOCIAL_CENTRE, _SHELTER),
    ),
    _Forvaltning(
        "BIF",
        "Beskæftigelses- og Integrationsforvaltningen",
        0.05,
        ("Bernstorffsgade 17", "1577", "København V"),
        ("Center for Jobindsats", "Center for Integration"),
        (_JOB_CENTRE,),
    ),
    _Forvaltning(
        "TMF",
        "Teknik- og Miljøforvaltningen",
        0.05,
        ("Njalsgade 13", "2300", "København S"),
        ("Byens Drift", "Byens Udvikling"),
        (_DEPOT, _OFFICE),
    ),
    _Forvaltning(
        "KFF",
        "Kultur- og Fritidsforvaltningen",
        0.03,
        ("Nyropsgade 1", "1602", "København V"),
        ("Biblioteker og Borgerservice", "Københavns Idrætsanlæg"),
        (_LIBRARY, _SPORTS),
    ),
)
_OFFICE_TOPICS = (
    "Budget",
    "Indkøb",
    "Regnskab",
    "Jura",
    "Analyse",
    "Digitalisering",
    "Kommunikation",
    "Arbejdsmiljø",
    "Ejendomsdrift",
    "Byggeri",
    "Sikkerhed",
    "Drift og support",
)

_ACCOUNTS: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    ("anna.holm", "Anna", "Holm", "sagsbehandler", ("Løn og ansættelse",)),
    ("bent.kjaer", "Bent", "Kjær", "godkender", ("Løn og ansættelse",)),
    ("carla.lund", "Carla", "Lund", "teamleder", ("Løn og ansættelse",)),
    ("dorte.friis", "Dorte", "Friis", "sagsbehandler", ("Finans",)),
    ("erik.dam", "Erik", "Dam", "leder", ("Løn og ansættelse", "Finans")),
    ("freja.skov", "Freja", "Skov", "systemansvarlig", ()),
    ("gitte.aagaard", "Gitte", "Ågård", "jurist", ("Aktindsigt",)),
    ("hamza.yilmaz", "Hamza", "Yılmaz", "sagsbehandler", ("Løn og ansættelse",)),
    ("ingrid.bak", "Ingrid", "Bak", "sagsbehandler", ("Løn og ansættelse", "Jobskifte og organisation")),
    ("jesper.toft", "Jesper", "Toft", "sagsbehandler", ("Løn og ansættelse",)),
    ("katarzyna.nowak", "Katarzyna", "Nowak", "sagsbehandler", ("Finans",)),
    ("lone.bjerre", "Lone", "Bjerre", "godkender", ("Finans",)),
    ("mads.oestergaard", "Mads", "Østergaard", "teamleder", ("Finans",)),
    ("nadia.rahimi", "Nadia", "Rahimi", "sagsbehandler", ("Jobskifte og organisation",)),
    ("ole.juhl", "Ole", "Juhl", "sagsbehandler", ("Rejser og kørsel",)),
    ("pia.soendergaard", "Pia", "Søndergaard", "sagsbehandler", ("Rejser og kørsel", "Finans")),
    ("rasmus.krogh", "Rasmus", "Krogh", "sagsbehandler", ("Aktindsigt",)),
    ("signe.hoegh", "Signe", "Høgh", "teamleder", ("Jobskifte og organisation", "Rejser og kørsel")),
)
INTEGRATION_USER = "integration.kkassist"


def build_city(seed: int, employees: int, today: date) -> City:
    """The city of `seed` with exactly `employees` employments seen on `today`.

    A city has at least one employment per account.
    """
    count = max(employees, len(_ACCOUNTS))
    units = _Units(random.Random(f"{seed}:units"), today, seed)
    units.build(count)
    people = _People(random.Random(f"{seed}:people"), today)
    people.employ(units, count)
    led = tuple(people.led_by_their_leaders(units.units))
    return City(
        seed=seed,
        today=today,
        units=led,
        employments=tuple(people.employments),
        accounts=tuple(_accounts()),
        groups=GROUPS,
        units_by_opus_id={unit.opus_id: unit for unit in led},
        employments_by_tjenestenr={employment.tjenestenr: employment for employment in people.employments},
        left=tuple(people.take_tjenestenr() for _ in range(max(1, count // 500))),
        pensioners=(
            *(people.pensioner(led[0]) for _ in range(max(2, count // 300))),
            people.receiver_of_after_pay(led[0]),
        ),
    )


def newcomers(city: City, key: str, count: int) -> list[Employment]:
    """`count` new people for the city, hired into jobs that their units already have; equal keys, equal people."""
    rng = random.Random(key)
    people = _People(rng, city.today, taken=city)
    patterns = [one for one in city.employments if not one.is_manager]
    return [people.newcomer(rng.choice(patterns), city.units_by_opus_id) for _ in range(count)]


def stable_uuid(*parts: str) -> str:
    """The same uuid for the same parts in every run: systems of the city agree on it without talking."""
    return str(uuid.uuid5(NAMESPACE, ":".join(parts)))


_DANISH_LETTERS: dict[int, str] = {
    ord(letter): spelling for letter, spelling in (("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("ð", "d"), ("ı", "i"))
}


def ascii_name(text: str) -> str:
    """Lower-case ASCII for mail addresses: æ, ø, å in their Danish spelling, no other marks."""
    danish = text.lower().translate(_DANISH_LETTERS)
    plain = unicodedata.normalize("NFKD", danish).encode("ascii", "ignore").decode()
    return plain.replace(" ", "")


def _accounts() -> Iterator[Account]:
    for user_name, first, last, role, groups in _ACCOUNTS:
        password = f"oevelse-{user_name.partition('.')[0]}"
        yield Account(user_name, f"{first} {last}", role, password, f"{user_name}@ks.{MAIL_DOMAIN}", groups)
    yield Account(
        INTEGRATION_USER,
        "Integration kkassist",
        "integration",
        "oevelse-integration",
        f"integration@ks.{MAIL_DOMAIN}",
        (),
    )


@dataclass(slots=True)
class _Place:
    """A unit under way: what it is, beside the frozen noun."""

    unit: Unit
    kind: _Kind
    leader_title: str
    level: int
    weight: float


class _Units:
    """Builds the tree: municipality, forvaltninger, areas, workplaces, sub-units."""

    def __init__(self, rng: random.Random, today: date, seed: int) -> None:
        self._rng = rng
        self._today = today
        self._seed = seed
        self._next_opus_id = 10000001
        self._kkorgnrs: list[str] = []
        self._names: set[str] = set()
        self._ean_serials = iter(rng.sample(range(100000), 20000))
        self.places: list[_Place] = []

    @property
    def units(self) -> list[Unit]:
        return [place.unit for place in self.places]

    def build(self, employees: int) -> None:
        target = max(40 if employees > 300 else 14, employees // EMPLOYEES_PER_UNIT)
        self._kkorgnrs = self._draw_kkorgnrs(target * 2 + 60)
        root = self._add(
            "Københavns Kommune", None, _OFFICE, level=1, leader="Administrerende direktør", code="KK", short="KK"
        )
        for forvaltning in _FORVALTNINGER:
            self._build_forvaltning(forvaltning, root, target)

    def group_place(self, group: str) -> _Place:
        """The team of Koncernservice that is also an assignment group."""
        return next(place for place in self.places if place.unit.name == group)

    def _draw_kkorgnrs(self, count: int) -> list[str]:
        top = 9999 if count < 8000 else 99999
        return [str(number) for number in self._rng.sample(range(1001, top + 1), count)]

    def _build_forvaltning(self, forvaltning: _Forvaltning, root: _Place, target: int) -> None:
        code, address = forvaltning.code, forvaltning.address
        head = self._add(
            forvaltning.name,
            root,
            _OFFICE,
            level=2,
            leader="Direktør",
            code=code,
            short=code,
            weight=0.4,
            at=address,
        )
        wanted = round(target * forvaltning.share)
        before = len(self.places)
        areas = forvaltning.areas[: max(1, min(len(forvaltning.areas), wanted // 4 + 1))]
        area_places = [
            self._add(name, head, _OFFICE, level=3, leader="Områdechef", code=code, weight=0.5, at=address)
            for name in areas
        ]
        if code == "ØKF":
            self._build_koncernservice(area_places[0], address)
            area_places = area_places[1:] or area_places
        while len(self.places) - before < wanted:
            self._build_workplace(forvaltning, self._rng.choice(area_places), wanted - (len(self.places) - before))

    def _build_koncernservice(self, koncernservice: _Place, address: tuple[str, str, str]) -> None:
        for group in GROUPS:
            self._add(group, koncernservice, _OFFICE, level=4, leader="Teamleder", code="ØKF", at=address)

    def _build_workplace(self, forvaltning: _Forvaltning, area: _Place, room: int) -> None:
        kind = self._rng.choice(forvaltning.kinds)
        name = self._new_name(kind)
        place = self._add(
            name,
            area,
            kind,
            level=4,
            leader=kind.leader,
            code=forvaltning.code,
            weight=self._rng.uniform(0.5, 1.8),
        )
        if self._rng.random() < SHARE_OF_SUB_UNITS:
            for n in range(1, min(room, self._rng.randint(2, 4))):
                sub_name = f"{name}, {kind.sub_unit.format(n=n)}"
                at = (place.unit.street, place.unit.postal_code, place.unit.city)
                self._add(
                    sub_name,
                    place,
                    kind,
                    level=5,
                    leader="Afdelingsleder",
                    code=forvaltning.code,
                    weight=0.6,
                    at=at,
                )

    def _new_name(self, kind: _Kind) -> str:
        """A name no unit has yet; where the words run out a district and then a number is added."""
        base = kind.pattern.format(
            place=self._rng.choice(names.PLACES),
            playful=self._rng.choice(names.PLAYFUL),
            topic=self._rng.choice(_OFFICE_TOPICS),
        )
        name, number = base, 1
        while name in self._names:
            district = self._rng.choice(names.PLACES)
            name = f"{base} ved {district}" if number < 20 else f"{base} {number}"
            number += 1
        return name

    def _add(
        self,
        name: str,
        parent: _Place | None,
        kind: _Kind,
        *,
        level: int,
        leader: str,
        code: str,
        short: str = "",
        weight: float = 1.0,
        at: tuple[str, str, str] | None = None,
    ) -> _Place:
        self._names.add(name)
        opus_id = str(self._next_opus_id)
        self._next_opus_id += self._rng.randint(1, 7)
        street, postal_code, city = at or self._address()
        unit = Unit(
            kkorgnr=self._kkorgnrs.pop(),
            opus_id=opus_id,
            uuid=stable_uuid("unit", str(self._seed), opus_id),
            name=name,
            short_name=short or _short_name(name),
            parent_opus_id=parent.unit.opus_id if parent else None,
            forvaltning=code,
            cost_center=f"{self._rng.randint(10**9, 10**10 - 1)}",
            ean=_ean(next(self._ean_serials)),
            p_nr=f"10{self._rng.randint(10**7, 10**8 - 1)}",
            street=street,
            postal_code=postal_code,
            city=city,
            start=date(1900, 1, 1)
            if level < 3
            else date(self._rng.randint(1996, 2024), self._rng.choice((1, 4, 8)), 1),
            end=self._today + timedelta(days=self._rng.randint(20, 200))
            if level == 5 and self._rng.random() < 0.02
            else None,
            leader_tjenestenr=None,
        )
        place = _Place(unit, kind, leader, level, weight)
        self.places.append(place)
        return place

    def _address(self) -> tuple[str, str, str]:
        postal_code, city = self._rng.choice(names.POSTAL_DISTRICTS[3:12])
        return f"{self._rng.choice(names.STREET_NAMES)} {self._rng.randint(1, 220)}", postal_code, city


def _short_name(name: str) -> str:
    """The first letters of the words, then of the last word, as short names in OPUS often are."""
    letters = "".join(word[0] for word in name.replace(",", "").split() if word[0].isalnum())
    return (letters + name.rsplit(maxsplit=1)[-1].strip(",")[1:5]).upper()[:10]


def _ean(serial: int) -> str:
    digits = f"{_EAN_PREFIX}{serial:05d}"
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


@dataclass(slots=True)
class _Person:
    """A person under way; her employments share these."""

    cpr: str
    first_name: str
    last_name: str
    street: str
    postal_code: str
    city: str
    protected: bool
    entry_limit: date
    supp_ids: Iterator[int] = field(default_factory=lambda: iter(range(10)))


class _People:
    """Hires people into units and remembers which numbers are taken."""

    def __init__(self, rng: random.Random, today: date, taken: City | None = None) -> None:
        known = taken.employments if taken else ()
        numbers = {one.tjenestenr for one in known}.union(taken.left if taken else ())
        self._rng = rng
        self._today = today
        self._cprs = {one.cpr for one in known}
        drawn = rng.sample(range(100000, 1000000), 120000)
        self._tjenestenrs = (str(number) for number in drawn if str(number) not in numbers)
        self._user_ids = {one.user_id for one in known}
        self._jobs: dict[str, _Job] = {}
        self.employments: list[Employment] = []

    def employ(self, units: _Units, count: int) -> None:
        """Accounts first (they work in Koncernservice), then a leader for most units, then everybody else."""
        for user_name, first, last, role, groups in _ACCOUNTS:
            place = units.group_place(groups[0]) if groups else units.group_place(GROUPS[0])
            self._hire_account(place, user_name, first, last, role)
        led = {employment.unit_opus_id for employment in self.employments if employment.is_manager}
        for place in units.places:
            skipped = place.level > 3 and self._rng.random() < SHARE_UNITS_WITHOUT_LEADER
            if len(self.employments) < count and place.unit.opus_id not in led and not skipped:
                self._hire(self._person(), place, place.leader_title, leads=True)
        weights = list(accumulate(place.weight for place in units.places))
        while len(self.employments) < count:
            self._hire_somebody(
                self._rng.choices(units.places, cum_weights=weights, k=3), count - len(self.employments)
            )

    def led_by_their_leaders(self, units: Sequence[Unit]) -> Iterator[Unit]:
        leaders: dict[str, Employment] = {}
        for employment in self.employments:
            if employment.is_manager and employment.entry_date <= self._today:
                known = leaders.get(employment.unit_opus_id)
                if known is None or employment.superior_level < known.superior_level:
                    leaders[employment.unit_opus_id] = employment
        for unit in units:
            leader = leaders.get(unit.opus_id)
            yield replace(unit, leader_tjenestenr=leader.tjenestenr if leader else None)

    def take_tjenestenr(self) -> str:
        return next(self._tjenestenrs)

    def pensioner(self, root: Unit) -> Employment:
        """A retired tjenestemand: OPUS pays the pension, but there is no employment."""
        person = self._person()
        employment = self._employment(person, root, "Tjenestemandspension", leads=False, level=0)
        return replace(employment, work_contract="08", work_contract_text="Tj.pension", leave_date=None)

    def receiver_of_after_pay(self, root: Unit) -> Employment:
        """A survivor who is paid on after a death: looks employed in OPUS but for the position."""
        return self._employment(self._person(), root, "Efterindtægt", leads=False, level=0)

    def newcomer(self, pattern: Employment, units: dict[str, Unit]) -> Employment:
        """A new person in the same unit and job as `pattern`, from today or from a coming first of the month."""
        unit = units[pattern.unit_opus_id]
        employment = self._employment(self._person(), unit, pattern.position, leads=False, level=0)
        entry = self._rng.choice((self._today, _first_of_month(self._today + timedelta(days=31))))
        return replace(employment, entry_date=entry, initial_entry=entry, leave_date=None)

    def _hire_somebody(self, places: Sequence[_Place], room: int) -> None:
        person = self._person()
        jobs = 1
        if self._rng.random() < SHARE_WITH_MORE_JOBS:
            jobs = min(room, self._rng.choice((2, 2, 2, 3)))
        for place in places[:jobs]:
            self._hire(person, place, self._rng.choice(place.kind.jobs), leads=False)

    def _hire(self, person: _Person, place: _Place, title: str, leads: bool) -> None:
        employment = self._employment(person, place.unit, title, leads, place.level)
        self.employments.append(employment)

    def _hire_account(self, place: _Place, user_name: str, first: str, last: str, role: str) -> None:
        person = replace(self._person(), first_name=first, last_name=last, protected=False)
        leads = role == "teamleder"
        title = {"teamleder": "Teamleder", "leder": "Kontorchef", "jurist": "Jurist"}.get(role, "Specialkonsulent")
        employment = self._employment(person, place.unit, title, leads, place.level)
        self._user_ids.discard(employment.user_id)
        self.employments.append(
            replace(
                employment,
                user_id=user_name,
                email=f"{user_name}@ks.{MAIL_DOMAIN}",
                entry_date=min(employment.entry_date, date(2021, 3, 1)),
                initial_entry=min(employment.initial_entry, date(2021, 3, 1)),
                leave_date=None,
            )
        )

    def _employment(self, person: _Person, unit: Unit, title: str, leads: bool, level: int) -> Employment:
        contract, contract_text, hours = self._terms(leads)
        entry = self._entry_date(person, leads)
        job = self._job(title, contract)
        return Employment(
            tjenestenr=self.take_tjenestenr(),
            cpr=person.cpr,
            supp_id=str(next(person.supp_ids)),
            person_uuid=stable_uuid("person", person.cpr),
            first_name=person.first_name,
            last_name=person.last_name,
            street=person.street,
            postal_code=person.postal_code,
            city=person.city,
            protected_address=person.protected,
            entry_date=entry,
            leave_date=None if leads else self._leave_date(entry),
            initial_entry=entry - timedelta(days=self._rng.choice((0, 0, 0, 365, 1461))),
            unit_opus_id=unit.opus_id,
            position_id=job.position_id,
            position=job.title,
            work_contract=contract,
            work_contract_text=contract_text,
            numerator=hours,
            denominator=FULL_TIME,
            is_manager=leads or title == "Souschef",
            superior_level=str(level) if leads else "6" if title == "Souschef" else "0",
            subordinate_level="01" if leads else "02" if title == "Souschef" else "00",
            email=f"{ascii_name(person.first_name)}.{ascii_name(person.last_name)}@{ascii_name(unit.forvaltning)}.{MAIL_DOMAIN}",
            user_id=self._user_id(person),
            phone=self._phone(),
            pay_grade_text=job.pay_grade_text,
            wage_step=str(self._rng.randint(18, 50)),
        )

    def _terms(self, leads: bool) -> tuple[str, str, Decimal]:
        """Work contract, its text and weekly hours."""
        roll = self._rng.random()
        if not leads and roll < SHARE_HOURLY:
            return "03", "Måneds-/timeløn", Decimal(self._rng.choice((4, 8, 10, 12, 15)))
        if roll > 1 - SHARE_TJENESTEMAND:
            return "00", "Månedsløn forud", FULL_TIME
        if leads or self._rng.random() < 0.62:
            return "01", "Månedsløn bagud", FULL_TIME
        part_time = ("18.5", "25", "27.75", "28", "29.6", "30", "32", "33.3", "35")
        return "01", "Månedsløn bagud", Decimal(self._rng.choice(part_time))

    def _entry_date(self, person: _Person, leads: bool) -> date:
        if not leads and self._rng.random() < SHARE_STARTING:
            return _first_of_month(self._today + timedelta(days=self._rng.randint(20, 120)))
        days = (self._today - person.entry_limit).days
        back = int(days * self._rng.random() ** 2)
        return self._today - timedelta(days=max(back, 1))

    def _leave_date(self, entry: date) -> date | None:
        if self._rng.random() >= SHARE_LEAVING or entry > self._today:
            return None
        month_end = _first_of_month(self._today + timedelta(days=self._rng.randint(-30, 150))) - timedelta(days=1)
        return max(month_end, entry + timedelta(days=1))

    def _job(self, title: str, contract: str) -> _Job:
        if title not in self._jobs:
            office = "Akademikere" if title in _ACADEMIC else "Ledere" if title in _LEADERS else _OFFICE_GRADE
            grade = _PAY_GRADES.get(title, office)
            self._jobs[title] = _Job(title, str(50001000 + sum(map(ord, title)) % 9000), grade)
        job = self._jobs[title]
        return replace(job, pay_grade_text=f"Tjenestemænd, {job.pay_grade_text}") if contract == "00" else job

    def _person(self) -> _Person:
        female = self._rng.random() < 0.73
        born = date(1957, 1, 1) + timedelta(days=self._rng.randint(0, 50 * 365 - 1))
        while born > self._today - timedelta(days=18 * 366):
            born = born.replace(year=born.year - 5, day=min(born.day, 28))
        postal_code, city = self._rng.choice(names.POSTAL_DISTRICTS)
        return _Person(
            cpr=self._cpr(born, female),
            first_name=self._first_name(female),
            last_name=self._last_name(),
            street=self._street(),
            postal_code=postal_code,
            city=city,
            protected=self._rng.random() < SHARE_PROTECTED,
            entry_limit=max(born + timedelta(days=19 * 366), date(1984, 1, 1)),
        )

    def _street(self) -> str:
        number = self._rng.randint(1, 260)
        return f"{self._rng.choice(names.STREET_NAMES)} {number}{self._rng.choice(_FLOORS)}"

    def _first_name(self, female: bool) -> str:
        roll = self._rng.random()
        if roll < 0.06:
            return self._rng.choice(names.DOUBLE_FEMALE if female else names.DOUBLE_MALE)
        return self._rng.choice(names.FEMALE_NAMES if female else names.MALE_NAMES)

    def _last_name(self) -> str:
        last = self._rng.choice(names.LAST_NAMES)
        roll = self._rng.random()
        if roll < 0.05:
            return f"{self._rng.choice(names.LAST_NAMES)}-{last}"
        return f"{self._rng.choice(names.LAST_NAMES)} {last}" if roll < 0.2 else last

    def _cpr(self, born: date, female: bool) -> str:
        """Day raised by 60, the seventh digit of the right century, a check digit that holds."""
        prefix = f"{born.day + 60:02d}{born.month:02d}{born.year % 100:02d}"
        weighted = sum(int(digit) * weight for digit, weight in zip(prefix, _CPR_WEIGHTS, strict=False))
        while True:
            seventh = self._rng.randint(0, 3) if born.year < 2000 else 4
            eighth, ninth = self._rng.randint(0, 9), self._rng.randint(0, 9)
            last = -(weighted + 4 * seventh + 3 * eighth + 2 * ninth) % 11
            cpr = f"{prefix}{seventh}{eighth}{ninth}{last}"
            if last < 10 and (last % 2 == 0) == female and cpr not in self._cprs:
                self._cprs.add(cpr)
                return cpr

    def _user_id(self, person: _Person) -> str:
        stem = (ascii_name(person.first_name)[:2] + ascii_name(person.last_name)[:2]).upper()
        number = self._rng.randint(10, 999)
        while f"{stem}{number}" in self._user_ids:
            number += 1
        self._user_ids.add(f"{stem}{number}")
        return f"{stem}{number}"

    def _phone(self) -> str:
        """Danish numbers in the lengths OPUS holds: local, whole, with blanks, with country code, none."""
        number = f"33{self._rng.randint(100000, 999999)}"
        shapes = (
            number,
            number,
            number,
            number[-4:],
            number[-5:],
            f"{number[:4]} {number[4:]}",
            f"+45{number}",
            "",
        )
        return self._rng.choice(shapes)


_FLOORS = ("", "", "A", "B", ", st. tv", ", 1. th", ", 2. tv", ", 3. mf", ", 4. th", ", 5. tv")


def _first_of_month(day: date) -> date:
    return day.replace(day=1)
