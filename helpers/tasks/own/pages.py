"""HTML to what a person reads of it: the text of a page, and the rows of its tables."""

import html.parser
import re
from xml.etree import ElementTree

OFFICE = "{urn:schemas-microsoft-com:office:spreadsheet}"
WORKBOOK = re.compile(
    r"<\?xml[^>]*>\s*(?:<\?mso-application[^>]*>\s*)?(?:<!--.*?-->\s*)?<(?:\w+:)?Workbook\b", re.DOTALL
)
PAGE = re.compile(r"<(?:!doctype html|html|head|meta|style|table|div)\b", re.IGNORECASE)


class _Text(html.parser.HTMLParser):
    """The text of a page: headings as in Markdown, no scripts, no styles."""

    def __init__(self):
        super().__init__()
        self.parts, self.hidden = [], 0

    def handle_starttag(self, tag, attrs):
        self.hidden += tag in ("script", "style")
        if re.fullmatch("h[1-6]", tag):
            self.parts.append(f"\n\n{'#' * int(tag[1])} ")
        elif tag in ("p", "div", "tr", "li", "br", "table", "ul", "ol", "section", "article", "title"):
            self.parts.append("\n" if tag in ("br", "tr", "li") else "\n\n")

    def handle_endtag(self, tag):
        self.hidden -= tag in ("script", "style") and self.hidden > 0
        if re.fullmatch("h[1-6]|p|title", tag):
            self.parts.append("\n\n")

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(re.sub(r"\s+", " ", data))


def page_text(source: str) -> str:
    r"""Return what a person reads of an HTML page.

    >>> page_text("<h2>Fees</h2><script>x()</script><p>A late tool&nbsp;costs &lt; $2.</p>")
    '## Fees\n\nA late tool costs < $2.'
    """
    parser = _Text()
    parser.feed(source)
    parser.close()
    return re.sub(r"\n\s*\n+", "\n\n", re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(parser.parts))).strip()


class _Rows(html.parser.HTMLParser):
    """The cells of all tables of a page, a list for each table; a table inside a cell is read as a part of it."""

    def __init__(self):
        super().__init__()
        self.tables, self.depth, self.cell, self.across = [], 0, None, 1

    def _close(self):
        if self.cell is not None:
            self.tables[-1][-1].append(" ".join("".join(self.cell).split()))
            self.tables[-1][-1].extend([""] * (self.across - 1))
        self.cell = None

    def handle_starttag(self, tag, attrs):
        self.depth += tag == "table"
        if self.depth != 1:
            return
        if tag in ("table", "tr", "td", "th"):
            self._close()
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th") and self.tables[-1]:
            across = dict(attrs).get("colspan") or ""
            self.cell, self.across = [], min(int(across), 100) if across.isdecimal() else 1
        elif tag == "br" and self.cell is not None:
            self.cell.append(" ")

    def handle_endtag(self, tag):
        if self.depth == 1 and tag in ("td", "th", "tr", "table"):
            self._close()
        self.depth -= tag == "table" and self.depth > 0

    def handle_data(self, data):
        if self.cell is not None:
            self.cell.append(data)


def table_rows(text: str) -> tuple[list[list[str]], str]:
    """Return the rows of the longest table of a page, or of a workbook in XML, and what it was.

    There are none where it is neither, or holds no table of two columns and rows.

    >>> table_rows("<table><tr><th>text<th>label<tr><td>It&nbsp;fails<td>fault</table>")
    ([['text', 'label'], ['It fails', 'fault']], 'a web page, its longest table')
    """
    start = text[:10_000].lstrip()
    if WORKBOOK.match(start):
        rows, kind = _workbook_rows(text), "a workbook in XML, its longest sheet"
    elif PAGE.match(start):
        parser = _Rows()
        parser.feed(text)
        parser.close()
        rows, kind = max(parser.tables, key=len, default=[]), "a web page, its longest table"
    else:
        return [], ""
    return (rows, kind) if sum(len(row) > 1 for row in rows) > 1 else ([], "")


def _workbook_rows(text: str) -> list[list[str]]:
    """The cells of the longest sheet of an Excel workbook of 2003 in XML; none where it is broken."""
    try:
        root = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except ElementTree.ParseError:
        return []
    sheets = []
    for sheet in root.iter(f"{OFFICE}Table"):
        sheets.append([])
        for row in sheet.iter(f"{OFFICE}Row"):
            cells: list[str] = []
            for cell in row.iter(f"{OFFICE}Cell"):
                at = cell.get(f"{OFFICE}Index") or ""
                cells += [""] * min(int(at) - 1 - len(cells), 1000) if at.isdecimal() else []
                cells.append("".join("".join(data.itertext()) for data in cell.findall(f"{OFFICE}Data")))
            sheets[-1].append(cells)
    return max(sheets, key=len, default=[])
