"""What a file really is, found in its bytes and never in its name, and refused before it can do harm."""

import errno
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kkassist.domain.errors import Refused
from kkassist.domain.language import say

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How big a file may be. A zip bomb is told from its directory, before anything is unpacked."""

    file_bytes: int = 200 * MEGABYTE
    unpacked_bytes: int = 2_048 * MEGABYTE
    ratio: int = 200
    """Unpacked over packed; a sheet of one value repeated a million times reaches about 60."""
    ratio_from_bytes: int = 50 * MEGABYTE
    """Small files may pack as well as they like."""
    rows: int = 1_000_000
    cells: int = 40_000_000
    """Last row times last column: the reader makes every cell between the corners."""
    header_search_rows: int = 60


class Format(StrEnum):
    """The workbook formats that are read."""

    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"
    CSV = "csv"


DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    KeyError,
    IndexError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)
"""What Python's readers raise at a file whose bytes make no sense."""

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_HEAD_BYTES = 4_096


def identify(path: Path, limits: Limits) -> Format:
    """Which format the file at `path` has. Raises `Refused` with one sentence for everything that is not read."""
    with plain_words(path):
        size = path.stat().st_size
        if path.is_dir():
            raise Refused(say("{name} er en mappe. Vælg en Excel-fil.", name=path.name))
        if size == 0:
            raise Refused(say("Filen {name} er tom. Gem den igen fra Excel, og prøv så igen.", name=path.name))
        if size > limits.file_bytes:
            raise Refused(
                say(
                    "Filen {name} fylder {size} MB, og grænsen er {limit} MB. Del den i flere filer.",
                    name=path.name,
                    size=size // MEGABYTE,
                    limit=limits.file_bytes // MEGABYTE,
                )
            )
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    if head.startswith(b"PK"):
        return _zipped(path, limits)
    if head.startswith(_OLE):
        return _ole(path)
    _refuse_other(path, head)
    return Format.CSV


@contextmanager
def plain_words(path: Path) -> Iterator[None]:
    """Turns what the operating system says about a file into a sentence."""
    try:
        yield
    except FileNotFoundError as error:
        raise Refused(say("Filen {name} findes ikke. Se efter, om den er flyttet.", name=path.name)) from error
    except PermissionError as error:
        raise Refused(
            say(
                "Filen {name} kan ikke åbnes. Luk den i Excel, eller få adgang til mappen, og prøv igen.",
                name=path.name,
            )
        ) from error
    except OSError as error:
        if error.errno in (errno.EBUSY, errno.ETXTBSY):
            raise Refused(
                say("Filen {name} er i brug af et andet program. Luk den, og prøv igen.", name=path.name)
            ) from error
        raise Refused(
            say("Filen {name} kan ikke læses. Kopiér den til din egen pc, og prøv igen.", name=path.name),
            log_detail=f"errno {error.errno}",
        ) from error


def damaged(path: Path, detail: str = "") -> Refused:
    """The refusal of a file that claims to be a workbook and cannot be read as one."""
    return Refused(
        say(
            "Filen {name} er beskadiget og kan ikke læses. Åbn den i Excel, gem den som .xlsx, og prøv igen.",
            name=path.name,
        ),
        log_detail=detail,
    )


def _not_a_workbook(path: Path, what: str) -> Refused:
    return Refused(
        say(
            "Filen {name} er ikke en regnearksfil, men {what}. Åbn den i Excel, vælg Gem som .xlsx, og prøv igen.",
            name=path.name,
            what=what,
        )
    )


def _zipped(path: Path, limits: Limits) -> Format:
    try:
        with plain_words(path), zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            names = {entry.filename for entry in entries}
            _refuse_bomb(path, entries, limits)
            kind = archive.read("mimetype")[:100] if "mimetype" in names else b""
    except DAMAGE as error:
        raise damaged(path, type(error).__name__) from error
    if "xl/workbook.xml" in names:
        return Format.XLSX
    if b"opendocument.spreadsheet" in kind:
        if "META-INF/manifest.xml" in names and _encrypted_ods(path):
            raise _protected(path)
        return Format.ODS
    if "xl/workbook.bin" in names:
        raise _not_a_workbook(path, say("en binær Excel-fil (.xlsb)"))
    if "[Content_Types].xml" in names and any(name.endswith("workbook.xml") for name in names):
        return Format.XLSX
    if any(name.startswith("word/") for name in names):
        raise _not_a_workbook(path, say("et Word-dokument"))
    raise _not_a_workbook(path, say("en zip-fil"))


def _encrypted_ods(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return b"encryption-data" in archive.read("META-INF/manifest.xml")


def _refuse_bomb(path: Path, entries: list[zipfile.ZipInfo], limits: Limits) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    too_dense = unpacked > limits.ratio_from_bytes and unpacked // packed > limits.ratio
    if unpacked > limits.unpacked_bytes or too_dense:
        raise Refused(
            say(
                "Filen {name} pakker ud til {size} MB og bliver ikke åbnet. Kopiér rækkerne til en ny fil.",
                name=path.name,
                size=unpacked // MEGABYTE,
            )
        )


def _protected(path: Path) -> Refused:
    return Refused(
        say(
            "Filen {name} er beskyttet med adgangskode. Fjern adgangskoden i Excel, gem filen, og prøv igen.",
            name=path.name,
        )
    )


def _ole(path: Path) -> Format:
    with plain_words(path):
        content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise _protected(path)
    if any(name.encode("utf-16-le") in content for name in ("Workbook", "Book")):
        return Format.XLS
    if "WordDocument".encode("utf-16-le") in content:
        raise _not_a_workbook(path, say("et Word-dokument"))
    raise damaged(path, "OLE without a workbook")


def password_protected(path: Path) -> Refused:
    """The refusal of a file that only opens with a password."""
    return _protected(path)


_STARTS = (
    (b"%PDF-", "en PDF-fil"),
    (b"{\\rtf", "et tekstdokument (RTF)"),
    (b"mime-version:", "en webside gemt som én fil (MHTML)"),
    (b"content-type:", "en webside gemt som én fil (MHTML)"),
    (b"\x89PNG", "et billede"),
    (b"\xff\xd8\xff", "et billede"),
    (b"GIF8", "et billede"),
)
_WEB_PAGE = re.compile(rb"<(!doctype html|html|head|body|table|meta)[\s>]", re.IGNORECASE)


def _refuse_other(path: Path, head: bytes) -> None:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for start, what in _STARTS:
        if text[: len(start)].lower() == start.lower():
            raise _not_a_workbook(path, _named(what))
    if text.startswith(b"<"):
        raise _not_a_workbook(path, _named("en webside" if _WEB_PAGE.search(text) else "en XML-fil"))
    looks_utf16 = head.startswith(_UTF16_BOMS) or _nul_every_other(head)
    if not looks_utf16 and (b"\x00" in head or _control_signs(head)):
        raise _not_a_workbook(path, say("en fil af en ukendt slags"))


def _named(what: str) -> str:
    """The kinds above, said one by one so that each has its translation."""
    return {
        "en PDF-fil": say("en PDF-fil"),
        "et tekstdokument (RTF)": say("et tekstdokument (RTF)"),
        "en XML-fil": say("en XML-fil"),
        "en webside": say("en webside"),
        "en webside gemt som én fil (MHTML)": say("en webside gemt som én fil (MHTML)"),
        "et billede": say("et billede"),
    }[what]


def _nul_every_other(head: bytes) -> bool:
    pairs = len(head) // 2
    return pairs > 1 and max(head[::2].count(0), head[1::2].count(0)) > pairs * 0.6


def _control_signs(head: bytes) -> bool:
    allowed = b"\t\n\r\f\x1a"
    return sum(1 for sign in head if sign < 32 and sign not in allowed) > len(head) // 100
