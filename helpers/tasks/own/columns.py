"""Which column holds the text, the label, the split: guessed, and shown for a yes.

A name decides where it is a usual one; else what stands in the column: texts are long and differ, labels repeat.
"""

import re
import statistics
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from helpers.tasks.files import DataError
from helpers.tasks.own import wordings
from helpers.tasks.own.findings import quoted
from helpers.tasks.own.tables import Table

NAMES = {
    "text": """text texts message messages sentence utterance description comment comments review reviews query content
    body tweet document article request complaint feedback email mail post snippet input question narrative
    short_description ticket_text ticket_description issue_description sms headline statement prompt
    nachricht kommentar beschreibung anfrage inhalt satz texte commentaire avis phrase contenu texto mensaje comentario
    descripción frase contenido reseña mensagem comentário descrição conteúdo testo messaggio commento recensione tekst
    bericht opmerking wiadomość opis treść komentarz zdanie текст сообщение комментарий отзыв описание metin mesaj yorum
    النص نص الرسالة رسالة تعليق טקסט
    文本 内容 文章 句子 评论 正文 內容 本文 テキスト 文 コメント メッセージ 텍스트 문장 내용 본문""",
    "label": """label labels category categories class intent target topic sentiment tag group type department queue
    assignment_group labels_text output issue_type polarity gold annotation kind subject_area rating score stars
    team reason completion component_s choices accept label_text label_name intent_name category_name
    tipo tipología tipologia typ тип
    kategorie klasse thema abteilung gruppe bewertung étiquette catégorie classe thème etiqueta categoría clase tema
    sentimiento departamento rótulo categoria sentimento etichetta argomento categorie onderwerp etykieta kategoria
    klasa temat метка категория класс тема тональность etiket kategori sınıf duygu التصنيف تصنيف الفئة فئة תווית קטגוריה
    标签 类别 分类 情感 標籤 類別 ラベル カテゴリ カテゴリー 分類 레이블 라벨 분류 카테고리""",
    "split": "split set subset fold partition dataset_split",
    # The surest first: what a person wrote down as right comes before what a tested program may have answered.
    "question": """question questions question_text user_question user_input input_text query queries frage pregunta
    pergunta domanda вопрос 问题 問題 質問 질문 السؤال سؤال q prompt ask faq input text""",
    "answer": """reference ground_truth ground_truths expected_answer expected_answers reference_answer
    reference_answers gold_answer gold_answers correct_answer true_answer gold expected answers answer antwort respuesta
    resposta réponse risposta ответ 答案 回答 正解 답변 الإجابة الجواب جواب a reply solution output response""",
    "document": """document documents doc source sources file filename page article title expected_doc expected_docs
    expected_document expected_documents expected_source expected_sources source_file source_document""",
    "grade": "note nota voto",  # a label where it is a number
    "nothing": "v1 v2 v3 v4",
    "id": "id ids number no nr index row key uid guid ticket_id message_id nummer número numero номер 编号 番号 الرقم",
}
NAMES = {role: names.split() for role, names in NAMES.items()}
SPLITS = {
    "train": "train", "training": "train", "trn": "train", "dev": "dev", "val": "dev", "valid": "dev",
    "validation": "dev", "development": "dev", "test": "test", "testing": "test", "tst": "test", "eval": "test",
}  # fmt: skip
LOOKED_AT = 2000
WIDE = 9  # columns from which two rows are no table of texts
LISTED = re.compile(r"[\[{].*[\]}]", re.DOTALL)
DATE = re.compile(  # as mails and trackers write it: Mon, 12 Jan 2015 10:11 +0200; Jan 12, 2015; 11 days ago
    r"(?:[^\W\d]{2,9}\.?,? )?(?:\d{1,2}\.? [^\W\d]{3,9}\.?|[^\W\d]{3,9}\.? \d{1,2}),? \d{4}\b[^a-z]*"
    r"|\d+ (?:second|minute|hour|day|week|month|year)s? ago|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}\b[^a-z]*"
)
NO_WORDS = (wordings.CODE, wordings.LINK, LISTED, DATE)  # what no text is: an id, a link, a list, a date


@dataclass(frozen=True)
class Columns:
    """Places of columns in a table, counted from 0. `guessed`: roles that nobody told.

    more: further columns that are joined to the text. unread: columns that hold texts too, as far as one can guess.
    rivals: columns that could be the label as well, the likeliest first. reads_as_text: the label that was guessed
    reads like texts. no_text: the text that was guessed does not.
    """

    text: int
    label: int
    split: int | None = None
    guessed: tuple[str, ...] = ()
    more: tuple[int, ...] = ()
    unread: tuple[int, ...] = ()
    rivals: tuple[int, ...] = ()
    reads_as_text: bool = False
    no_text: bool = False

    @property
    def texts(self) -> tuple[int, ...]:
        """All columns of the text, in the order in which they are joined."""
        return (self.text, *self.more)

    def text_of(self, cells: Sequence[str]) -> str:
        """Return a row's text: the cell itself, or what stands in several, one below the other."""
        return "\n".join(filter(None, (cells[i].strip() for i in self.texts))) if self.more else cells[self.text]


def plain(name: str) -> str:
    """Return a column's name as names are compared.

    >>> plain(" Assignment Group ")
    'assignment_group'
    """
    return re.sub(r"[^\w]+", "_", unicodedata.normalize("NFKC", name).lower().replace("\ufeff", "")).strip("_")


def find(table: Table, wanted: str | int, role: str) -> int:
    """Return the place of a column by its name, or by its number from 1; letter case and spaces do not matter.

    A number that is a column's name is that.

    Raises DataError naming the columns there are.
    """
    if isinstance(wanted, int) and not isinstance(wanted, bool) and str(wanted) not in table.header:
        if 1 <= wanted <= table.width:
            return wanted - 1
        raise DataError(f"{table.name}: there is no column number {wanted} for the {role}; there are {table.width}")
    for same in (str, plain):
        places = [place for place, name in enumerate(table.header) if same(name) == same(str(wanted))]
        if places:
            return places[0]
    raise DataError(
        f"{table.name}: no column {quoted(wanted)} for the {role}; there are {listed(table.header)}. Give one of these "
        "names, or a number from 1"
    )


def flat(*told) -> list[str | int]:
    """Return all columns that were told, of which each role may have one, several or none."""
    return [one for some in told for one in (some if isinstance(some, list | tuple) else [some]) if one is not None]


def listed(names: Sequence[str], most: int = 12) -> str:
    """Return names in a line of bearable length."""
    shown = ", ".join(quoted(name, 30) for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def guess(
    table: Table,
    text: str | int | Sequence[str | int] | None = None,
    label: str | int | None = None,
    split: str | int | None = None,
) -> Columns:
    """Return which column holds what; what is told is taken, the rest is guessed. Of text there may be several.

    Raises DataError if a column told is not there, both are the same, or there is only one.
    """
    if table.width < 2:
        raise DataError(
            f"{table.name} has one column alone ({table.how}{_first(table)}); it needs two, a text and its label. If "
            f"cells are parted by another sign, say delimiter=…{_more(table)}"
        )
    if not table.records and not table.ragged:
        raise DataError(f"{table.name} holds the names of columns and no row below them: {listed(table.header)}")
    if not table.header:
        raise DataError(
            f"{table.name} holds {len(table.ragged)} rows, and none of them has the {table.width} cells of a table "
            f"({table.how}). Give each row as many cells, or say delimiter=…"
        )
    if len(table.records) < 3 and table.width > WIDE and (text is None or label is None):
        raise DataError(
            f"{table.name} has {table.width} columns and {len(table.records) + 1} rows, so it seems to lie on its "
            "side: turn it, for each text needs a row (in spreadsheets: paste, transposed), and name that"
        )
    rows = [record.cells for record in table.records[:LOOKED_AT]] or [("",) * table.width]
    facts = [_Facts.of(name, column) for name, column in zip(table.header, zip(*rows, strict=True), strict=True)]
    places = range(table.width)
    split_at = find(table, split, "split") if split is not None else None
    if split is None:
        splits = [i for i in places if facts[i].named("split") and facts[i].all_splits]
        split_at = splits[0] if splits else None
    told = [] if text is None else [text] if isinstance(text, str | int) else list(text)
    text_at, *more = [find(table, one, "text") for one in told] or [None]
    label_at = find(table, label, "label") if label is not None else None
    if label_at is not None and label_at in (text_at, *more):
        raise DataError(f"{table.name}: text and label are the same column, {quoted(table.header[label_at])}; name two")
    if len({text_at, *more}) <= len(more):
        raise DataError(f"{table.name}: text={told} names a column twice; name each once")
    free = [i for i in places if i not in (split_at, text_at, label_at, *more)]
    if text_at is None:
        text_at = max(free, key=lambda i: (facts[i].as_text, -i))
        free.remove(text_at)
    if label_at is None:
        if not free:
            raise DataError(f"{table.name}: no column is left for the label; name text=… and label=…")
        label_at = max(free, key=lambda i: (facts[i].as_label, i))
        label_at = next((i for i in free if facts[i].says_in_words(facts[label_at])), label_at)
    guessed = tuple(role for role, told in (("text", text), ("label", label)) if told is None)
    unread = tuple(i for i in free if i != label_at and facts[i].is_text) if text is None else ()
    usual = facts[label_at].like("label")
    others = [i for i in free if i != label_at and facts[i].sorts and (usual < 1 or facts[i].named("label"))]
    rivals = tuple(sorted(others, key=lambda i: -facts[i].as_label)) if label is None else ()
    reads_as_text, no_text = label is None and facts[label_at].is_text, text is None and facts[text_at].is_none
    return Columns(text_at, label_at, split_at, guessed, tuple(more), unread, rivals, reads_as_text, no_text)


def _more(table: Table) -> str:
    """What was said of other sheets, or of mails, which a file of one column may need."""
    kinds = ("sheets", "mails")
    return "".join(f". {finding}".rstrip(".") for finding in table.findings if finding.kind.startswith(kinds))


def _first(table: Table) -> str:
    return f"; it begins with {quoted(table.records[0].cells[0], 50)}" if table.records and table.width else ""


@dataclass(frozen=True)
class _Facts:
    """What tells a column of texts from one of labels; shares lie between 0 and 1."""

    name: str
    distinct: float
    length: float
    blank: float
    numeric: float
    all_splits: bool
    kinds: int
    words: float
    coded: float
    column: Sequence[str]

    @classmethod
    def of(cls, name: str, column: Sequence[str]) -> "_Facts":
        filled = [cell.strip() for cell in column if cell.strip()] or [""]
        numeric = sum(bool(re.fullmatch(r"[-+\d.,:/ T]+%?", cell)) for cell in filled) / len(filled)
        distinct, length = len(set(filled)) / len(filled), statistics.mean(map(len, filled))
        splits = {cell.lower() for cell in filled} <= set(SPLITS)
        words = statistics.median(len(cell.split()) for cell in filled)
        coded = sum(any(kind.fullmatch(cell) for kind in NO_WORDS) for cell in filled) / len(filled)
        if all(map(DATE.search, filled)) and len({DATE.sub("", cell).strip() for cell in filled}) == 1:
            coded = 1.0  # the same words and a date
        blank = 1 - len(filled) / len(column)
        return cls(name, distinct, length, blank, numeric, splits, len(set(filled)), words, coded, column)

    def named(self, role: str) -> bool:
        last = plain(self.name.rpartition(".")[2])
        forms = {plain(self.name), last, re.sub(r"_\d+$", "", last)}
        if role == "id" and re.search(r"(?:[_ .-]|[a-z](?=I))(?:id|ID|Id)$", self.name):
            return True
        return bool(forms & {*NAMES[role], *(NAMES["grade"] if role == "label" and self.numeric > 0.5 else ())})

    def like(self, role: str) -> float:
        """1 where a column has a usual name of a role; less where one is a part of it, as of customer_message."""
        if self.named(role):
            return 1
        parts = [plain(part) for part in re.split(r"\W*[/|(]\W*", self.name)]
        words = plain(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", self.name)).split("_")
        return 0.7 * (bool({*parts, words[-1]} & set(NAMES[role])))

    @property
    def as_text(self) -> float:
        score = self.distinct + min(self.length, 120) / 60 - 2 * max(self.numeric, self.coded) - self.blank
        return score + 1.5 * self.like("text") - 2 * self.named("id") - self.named("label")

    @property
    def is_text(self) -> bool:
        """Whether a column that is not the text reads like one: of several words, of many kinds, no number or name."""
        return self.distinct > 0.5 and self.words >= 2 and max(self.numeric, self.coded) < 0.2 and not self.named("id")

    @property
    def is_none(self) -> bool:
        """Whether a column that was taken for the text is none: a word or two that come again, and no usual name."""
        return self.distinct <= 0.5 and self.words <= 2 and not self.like("text")

    @property
    def sorts(self) -> bool:
        """Whether what stands in a column comes again, in most rows, and is no number that nobody calls a label.

        One of two numbers, such as 0 and 1, sorts.
        """
        kinds = self.distinct <= 0.5 and self.kinds > 1 and self.blank < 0.5
        return kinds and not self.named("id") and (self.numeric < 0.5 or self.kinds == 2 or self.named("label"))

    def says_in_words(self, other: "_Facts") -> bool:
        """Whether a usual column of labels says in words what another one says in numbers."""
        if not self.named("label") or self.numeric > 0.5 or other.numeric < 0.5:
            return False
        return len(set(zip(self.column, other.column, strict=True))) == len(set(self.column)) == len(set(other.column))

    @property
    def as_label(self) -> float:
        score = (1 - self.distinct) - min(self.length, 120) / 60 - self.blank - 0.3 * self.numeric
        score += 1.5 * self.like("label") - 2 * self.named("id") - 0.5 * self.named("text")
        score += plain(self.name.rpartition(".")[2]) == "label"  # before all other usual names
        return score - 4 * (self.kinds < 2) - (self.distinct == 1)  # the same in each row, or never, sorts nothing
