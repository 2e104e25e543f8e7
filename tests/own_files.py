"""Writes the files that a reader may bring: tables, workbooks, folders, and things that only look like them."""

import io
import zipfile
from xml.sax.saxutils import escape

BILLS = [
    "Why was I charged twice this month?",
    "The invoice shows a fee that I do not know.",
    "Please send my bill to the new address.",
    "How do I change the card you charge?",
    "My payment failed and I was billed anyway.",
    "Is there a discount if I pay for a year?",
    "You took the money on the wrong day.",
    "I want the receipt of my last payment.",
    "What does the extra charge of four dollars mean?",
    "Can I pay by bank transfer instead?",
]
FAULTS = [
    "The sensor in the cellar does not answer.",
    "My hub blinks red since the storm.",
    "The app says offline though the light is on.",
    "After the update nothing connects any more.",
    "The thermostat shows the wrong temperature.",
    "It restarts every night at three.",
    "I cannot pair the second plug with the hub.",
    "The button is stuck and does nothing.",
    "The screen stays black after I press start.",
    "My door sensor loses the connection daily.",
]
PAIRS = [(text, "billing") for text in BILLS] + [(text, "fault") for text in FAULTS]


def lines(pairs=PAIRS, delimiter=",", header=("text", "label"), end="\n") -> str:
    rows = [header, *pairs] if header else pairs
    return end.join(delimiter.join(row) for row in rows) + end


def csv(pairs=PAIRS, delimiter=",", header=("text", "label"), end="\n") -> str:
    """The same with every text in quotation marks, as a careful program writes it."""
    quoted = [('"' + text.replace('"', '""') + '"', label) for text, label in pairs]
    return lines(quoted, delimiter, header, end)


def workbook(sheets: dict[str, list[list]]) -> bytes:
    """An xlsx file as small as the format allows, written by hand."""

    def cell(value, place):
        if value is None:
            return ""
        if isinstance(value, bool):
            return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
        if isinstance(value, (int, float)):
            return f'<c r="{place}"><v>{value}</v></c>'
        if value.startswith("="):
            return f'<c r="{place}" t="str"><f>{escape(value[1:])}</f><v>cached</v></c>'
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'

    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kinds = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = "".join(
            f'<Override PartName="/xl/worksheets/sheet{i}.xml" ContentType="{kinds}.worksheet+xml"/>'
            for i in range(1, len(sheets) + 1)
        )
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{package}/content-types"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kinds}.sheet.main+xml"/>{parts}</Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" Type="{office}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        named = "".join(
            f'<sheet name="{escape(name)}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(sheets, start=1)
        )
        archive.writestr("xl/workbook.xml", f'<workbook {space} xmlns:r="{office}"><sheets>{named}</sheets></workbook>')
        links = "".join(
            f'<Relationship Id="r{i}" Type="{office}/worksheet" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(sheets) + 1)
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
        )
        for i, rows in enumerate(sheets.values(), start=1):
            body = "".join(
                f'<row r="{r}">{"".join(cell(v, f"{chr(64 + c)}{r}") for c, v in enumerate(row, start=1))}</row>'
                for r, row in enumerate(rows, start=1)
            )
            archive.writestr(
                f"xl/worksheets/sheet{i}.xml", f"<worksheet {space}><sheetData>{body}</sheetData></worksheet>"
            )
    return buffer.getvalue()
