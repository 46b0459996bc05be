"""Archives and workbooks made for tests, sound and hostile."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from xml.sax.saxutils import escape


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def entry(
    name: bytes, data: bytes, *, says: int | None = None, flags: int = 0, method: int = 8, mode: int = 0
) -> tuple:
    """One file of an archive made by hand; `says` is the size that its headers claim."""
    packed = data
    if method == 8:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(data) + packer.flush()
    size = len(data) if says is None else says
    checksum = zlib.crc32(data[:size])
    return name, packed, size, checksum, flags, method, mode


def by_hand(*entries: tuple) -> bytes:
    """An archive of such entries, whatever they say of themselves."""
    body, directory = b"", b""
    for name, packed, size, checksum, flags, method, mode in entries:
        common = struct.pack("<HHHHIIIHH", flags, method, 0, 0, checksum, len(packed), size, len(name), 0)
        directory += (
            b"PK\x01\x02" + struct.pack("<HH", 0x0314, 20) + common
            + struct.pack("<HHHII", 0, 0, 0, mode << 16, len(body)) + name
        )  # fmt: skip
        body += b"PK\x03\x04" + struct.pack("<H", 20) + common + name + packed
    number = len(entries)
    return (
        body + directory + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, number, number, len(directory), len(body), 0)
    )


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="9"/></cellXfs>'
    "</styleSheet>"
)
"""0: as it is, 1: a date, 2: a percentage."""


def text(place: str, value: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(value)}</t></is></c>'


def value(place: str, written: str, *, kind: str = "n", style: int = 0, formula: str = "") -> str:
    inside = (f"<f>{escape(formula)}</f>" if formula else "") + (f"<v>{escape(written)}</v>" if written else "")
    return f'<c r="{place}" t="{kind}" s="{style}">{inside}</c>'


def sheet_of(rows: list[list[str]]) -> str:
    """A sheet's rows of text cells, from A1."""
    return "".join(
        f'<row r="{at}">' + "".join(text(f"{chr(65 + column)}{at}", cell) for column, cell in enumerate(row)) + "</row>"
        for at, row in enumerate(rows, 1)
    )


def workbook_parts(sheets: Mapping[str, str], hidden: tuple[str, ...] = ()) -> dict[str, bytes]:
    """The files in an XLSX; `sheets` are the rows' XML by the sheet's name."""
    listed, links = "", _link("rId99", "styles", "styles.xml")
    parts = {}
    for number, (name, rows) in enumerate(sheets.items(), 1):
        state = ' state="hidden"' if name in hidden else ""
        listed += f'<sheet name="{name}" sheetId="{number}"{state} r:id="rId{number}"/>'
        links += _link(f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml")
        parts[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
        )
    parts["[Content_Types].xml"] = f'<Types xmlns="{_PACKAGE}/content-types"/>'
    parts["_rels/.rels"] = _links(_link("rId1", "officeDocument", "xl/workbook.xml"))
    parts["xl/workbook.xml"] = f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{listed}</sheets></workbook>'
    parts["xl/_rels/workbook.xml.rels"] = _links(links)
    parts["xl/styles.xml"] = _STYLES
    return {name: part.encode() for name, part in parts.items()}


def workbook(sheets: Mapping[str, str], hidden: tuple[str, ...] = ()) -> bytes:
    return zipped(workbook_parts(sheets, hidden))


def _link(id: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{id}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'


def _links(links: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'
