"""The words the practice city is named with: people, streets, districts. Combined at random."""


def _words(text: str) -> tuple[str, ...]:
    """One name per word; an underscore stands for a blank within a name."""
    return tuple(word.replace("_", " ") for word in text.split())


FEMALE_NAMES = _words("""
    Anne Mette Kirsten Hanne Anna Helle Susanne Lene Maria Marianne Inge Karen Lone Bente Camilla
    Pia Charlotte Jette Ida Louise Julie Emma Sofie Freja Laura Mathilde Clara Signe Astrid Ellen
    Sørine Åse Bodil Birgitte Gitte Dorthe Tove Ulla Line Trine Stine Maja Nanna Cecilie Amalie
    Josefine Alberte Asta Ella Nora Agnes Rikke Tina Vibeke Ruth Zainab Fatima Aisha Amina Maryam
    Leyla Zeynep Elif Ayşe Nadia Samira Hodan Ifrah Sahra Agnieszka Katarzyna Oksana Olena Thi Mai
    Priya Anjali Sunita Parisa Shirin Jasmina Amra Milica Ivana Guðrún Sigríður Paninnguaq Naja
    Pipaluk Rós
""")
MALE_NAMES = _words("""
    Peter Jens Lars Michael Henrik Thomas Søren Jan Christian Martin Niels Anders Morten Jesper Hans
    Jørgen Mads Rasmus Per Ole Kasper Jakob Bo Kim Erik Carsten Bent Claus Torben Steen Åge Øjvind
    Bjørn Aksel Noah Oscar Lucas Valdemar Malthe Emil Villads Frederik Mikkel Nikolaj Jonas Simon
    Tobias Daniel Sebastian Alexander Magnus Kristoffer Troels Esben Asger Birger Knud Svend Poul
    Finn Mohamed Ali Ahmed Hassan Omar Yusuf Ibrahim Mehmet Mustafa Emre Hamza Bilal Abdi Farah Reza
    Dariush Piotr Tomasz Andrii Minh Arjun Ravi Goran Dragan Haris Sigurður Ólavur Jógvan Malik Inuk
    Nuka
""")
LAST_NAMES = _words("""
    Nielsen Jensen Hansen Pedersen Andersen Christensen Larsen Sørensen Rasmussen Jørgensen Petersen
    Madsen Kristensen Olsen Thomsen Christiansen Poulsen Johansen Møller Mortensen Knudsen Jakobsen
    Jacobsen Mikkelsen Frederiksen Laursen Henriksen Lund Schmidt Eriksen Holm Kristiansen Clausen
    Simonsen Svendsen Andreasen Iversen Jeppesen Mogensen Jespersen Nissen Lauridsen Frandsen
    Østergaard Kjær Vestergaard Nørgaard Dahl Bertelsen Bech Winther Thygesen Bruun Friis Krogh Bak
    Lassen Overgaard Toft Damgaard Høgh Krog Skov Kjeldsen Steffensen Bjerregaard Ravn Søndergaard
    Ågård Øster Åkjær Bæk Hjorth Thorup Bang Buch Dam Bjerre Villadsen Kofoed Juhl Aagaard Ahmed Ali
    Hussein Hassan Mohamed Khan Yılmaz Demir Kaya Çelik Öztürk Nguyen Tran Kowalska Nowak Petrović
    Hadžić Begić Shevchenko Kovalenko Rahimi Karimi Singh Sharma Farah Warsame Olsvig Kleist Joensen
    Højgaard Guðmundsdóttir Sigurðsson García Rossi Schneider Lindqvist Åberg Haugen
""")
STREET_NAMES = _words("""
    Amagerbrogade Nørrebrogade Vesterbrogade Østerbrogade Valby_Langgade Jagtvej Tagensvej
    Frederikssundsvej Englandsvej Strandlodsvej Vigerslev_Allé Toftegårds_Allé Åboulevard
    Øresundsvej Ålekistevej Godthåbsvej Hulgårdsvej Rantzausgade Blågårdsgade Istedgade
    Sønder_Boulevard Enghavevej Artillerivej Ørestads_Boulevard Kastrupvej Holmbladsgade Lygten
    Nordre_Fasanvej Borups_Allé Hillerødgade Bellahøjvej Brønshøjvej Frederiksborgvej Ægirsgade
    Jægersborggade
""")
PLACES = _words("""
    Sundby Amager Nørrebro Vesterbro Østerbro Valby Vanløse Brønshøj Husum Bispebjerg Utterslev
    Emdrup Ryvang Kløvermarken Christianshavn Holmen Sydhavnen Ørestad Bellahøj Tingbjerg Nordhavn
    Svanemøllen Lygten Grøndal Damhus Vigerslev Enghave Kastellet Fælled Skjold Lersø Guldberg
    Blågård Rådmand Kildevæld Strand Langelinie Hyltebjerg
""")
PLAYFUL = _words("""
    Svinget Solsikken Mælkebøtten Regnbuen Æblehaven Ørnereden Åkanden Stjerneskuddet Kastanjen
    Spirrevippen Mariehønen Troldehøj Myretuen Sommerfuglen Bølgen Fyrtårnet Hulahop Skovbørnene
    Pilehytten Rævehulen Nøddehegnet Kløverbladet Tusindfryd Skattekisten Gøgereden Humlebien
    Kompasset Ællingen Grævlingen Kragereden Eghjorten Vandkunsten
""")
DOUBLE_FEMALE = (
    "Anne-Marie",
    "Anne Sofie",
    "Ann-Kristin",
    "Else-Marie",
    "Ida Marie",
    "Maria-Louise",
    "Eva-Lotte",
    "Anna Karin",
)
DOUBLE_MALE = (
    "Hans-Henrik",
    "Jens-Peter",
    "Karl-Åge",
    "Lars Bo",
    "Jens Kristian",
    "Søren-Emil",
    "Niels-Jørgen",
    "Ole Bjørn",
)
POSTAL_DISTRICTS = (
    ("1550", "København V"),
    ("1620", "København V"),
    ("1799", "København V"),
    ("2100", "København Ø"),
    ("2150", "Nordhavn"),
    ("2200", "København N"),
    ("2300", "København S"),
    ("2400", "København NV"),
    ("2450", "København SV"),
    ("2500", "Valby"),
    ("2700", "Brønshøj"),
    ("2720", "Vanløse"),
    ("2770", "Kastrup"),
    ("2610", "Rødovre"),
    ("2650", "Hvidovre"),
    ("4000", "Roskilde"),
    ("3400", "Hillerød"),
    ("4600", "Køge"),
)
