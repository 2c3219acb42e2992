"""Questions of a unit: written by curators, each explained by words of a document's page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from kb.access import Access
from kb.accounts import audit
from kb.collections.commands import lock, touch
from kb.domain import Visibility
from kb.messages import N_, Message, NotFound, PermanentError
from kb.practices.quotations import verbatim
from kb.storage.collections import Collection, CollectionSection
from kb.storage.paths import AnswerKind, PathQuestion
from kb.storage.periodical import hash_json
from kb.storage.tables import Document, PageRow
from kb.text.written_numbers import find_numbers

MOST = 5
"""Questions of a unit."""
FEWEST_OPTIONS, MOST_OPTIONS = 2, 8
TEXT_LENGTH = 500
QUOTE_LENGTH = 2000
RIGHT_MARK = "*"


class QuestionConflict(PermanentError):
    """The question was changed or removed since its form was opened."""

    def __init__(self) -> None:
        super().__init__(
            N_(
                "Somebody changed or removed this question while you were at it. What you wrote is "
                "still here: compare it with the present questions, then decide again."
            )
        )


@dataclass(frozen=True)
class QuestionForm:
    """What a curator filled in. ``options``: one a line, right ones begin with ``*``; for a number
    the right one alone."""

    text: str = ""
    kind: AnswerKind = AnswerKind.ONE
    options: tuple[str, ...] = ()
    document_id: str = ""
    page: int = 0
    quote: str = ""

    def read_options(self) -> tuple[list[str], list[str]]:
        """All options, and the right ones."""
        plain = [line.lstrip(RIGHT_MARK).strip() for line in self.options]
        right = [
            text
            for text, line in zip(plain, self.options, strict=True)
            if line.startswith(RIGHT_MARK)
        ]
        return plain, right

    def problems(self) -> dict[str, Message]:
        found: dict[str, Message] = {}
        if not self.text:
            found["text"] = Message(N_("Write the question."))
        if len(self.text) > TEXT_LENGTH:
            too_long = N_("Too long: at most {max_length} characters.")
            found["text"] = Message(too_long, {"max_length": TEXT_LENGTH})
        wrong = self._find_wrong_options()
        if wrong:
            found["options"] = wrong
        if not self.quote or len(self.quote) > QUOTE_LENGTH:
            found["quote"] = Message(N_("Copy the words that explain the answer from the page."))
        return found

    def _find_wrong_options(self) -> Message | None:
        plain, right = self.read_options()
        if self.kind is AnswerKind.NUMBER:
            if len(plain) == 1 and read_number(plain[0]):
                return None
            return Message(N_("Write the right number alone, for example 32.5."))
        if any(len(text) > TEXT_LENGTH for text in plain):
            too_long = N_("Too long: at most {max_length} characters.")
            return Message(too_long, {"max_length": TEXT_LENGTH})
        different = {text for text in plain if text}
        if not FEWEST_OPTIONS <= len(plain) <= MOST_OPTIONS or len(different) < len(plain):
            limits = {"first": FEWEST_OPTIONS, "last": MOST_OPTIONS}
            return Message(
                N_("Write {first} to {last} different answers, one on each line."), limits
            )
        return _find_wrong_marks(self.kind, right)


def _find_wrong_marks(kind: AnswerKind, right: list[str]) -> Message | None:
    if kind is AnswerKind.ONE and len(right) != 1:
        return Message(N_("Mark the one right answer with * at its beginning."))
    if not right:
        return Message(N_("Mark the right answers with * at their beginning."))
    return None


def read_number(text: str) -> frozenset[float]:
    """What the one number of a text may mean, as «1.200» may be 1200 or 1.2; empty if there is none
    or several."""
    found = find_numbers(text)
    negative = text.strip().startswith(("-", "−"))
    values = found[0].values if len(found) == 1 else frozenset()
    return frozenset(-value for value in values) if negative else values


def list_questions(session: Session, section_ids: Sequence[str]) -> dict[str, list[PathQuestion]]:
    """The questions of each unit, in order."""
    found: dict[str, list[PathQuestion]] = {id: [] for id in section_ids}
    rows = session.scalars(
        select(PathQuestion)
        .where(PathQuestion.section_id.in_(section_ids))
        .order_by(PathQuestion.position, PathQuestion.id)
    )
    for row in rows:
        found[row.section_id].append(row)
    return found


def add_question(
    session: Session, access: Access, path: Collection, section_id: str, form: QuestionForm
) -> PathQuestion:
    """Add a question at the end of a unit.

    Raises:
        NotFound: there is no such unit.
        PermanentError: the unit has ``MOST`` questions, or the words are not on the page.
    """
    lock(session, path)
    require_unit(path, section_id)
    here = list_questions(session, [section_id])[section_id]
    if len(here) >= MOST:
        raise PermanentError(
            N_("A unit has at most {most} questions: remove one first."), most=MOST
        )
    made = _write(section_id, here[-1].position + 1 if here else 0, form)
    made.quote = _require_quote(session, access, path, form)
    session.add(made)
    touch(path)
    session.flush()
    audit.record_event(session, access, "path.question", path.id, title=path.title)
    return made


def change_question(
    session: Session,
    access: Access,
    path: Collection,
    question_id: str,
    form: QuestionForm,
    shown: str,
) -> None:
    """Change a question. If something else is asked than before, it is a new question in the place
    of the old one: who answered that one answers again for a new record, and keeps the old record.
    ``shown``: digest of the question that the form was opened with.

    Raises:
        QuestionConflict: somebody changed or removed it meanwhile.
        PermanentError: the words are not on the page.
    """
    lock(session, path)
    found = session.get(PathQuestion, question_id)
    if found is None or found.section_id not in {one.id for one in path.sections}:
        raise QuestionConflict
    if digest_question(found) != shown:
        raise QuestionConflict
    made = _write(found.section_id, found.position, form)
    made.quote = _require_quote(session, access, path, form)
    if digest_asked(made) == digest_asked(found):
        found.document_id, found.page, found.quote = made.document_id, made.page, made.quote
    else:
        session.delete(found)
        session.add(made)
    touch(path)
    session.flush()
    audit.record_event(session, access, "path.question_changed", path.id, title=path.title)


def remove_question(session: Session, access: Access, path: Collection, question_id: str) -> None:
    """Remove a question. Raises NotFound for one that is not of the path."""
    lock(session, path)
    found = session.get(PathQuestion, question_id)
    if found is None or found.section_id not in {one.id for one in path.sections}:
        raise NotFound()
    session.delete(found)
    touch(path)
    audit.record_event(session, access, "path.question_removed", path.id, title=path.title)


def _write(section_id: str, position: int, form: QuestionForm) -> PathQuestion:
    plain, right = form.read_options()
    is_number = form.kind is AnswerKind.NUMBER
    return PathQuestion(
        section_id=section_id,
        position=position,
        text=form.text,
        kind=form.kind,
        options=[] if is_number else plain,
        right_answers=plain if is_number else right,
        document_id=form.document_id,
        page=form.page,
        quote=form.quote,
    )


def write_options(question: PathQuestion) -> str:
    """The lines that ``QuestionForm.read_options`` reads."""
    if question.kind is AnswerKind.NUMBER:
        return question.right_answers[0]
    right = set(question.right_answers)
    return "\n".join(f"{RIGHT_MARK if one in right else ''}{one}" for one in question.options)


def digest_asked(question: PathQuestion) -> str:
    """Tells whether something else is asked, or another answer is right."""
    asked = [question.text, question.kind.value, question.options, question.right_answers]
    return hash_json(asked)


def digest_question(question: PathQuestion) -> str:
    """Tells whether anything of a question was changed."""
    explained = [question.document_id, question.page, question.quote]
    return hash_json([digest_asked(question), *explained])


def require_unit(path: Collection, section_id: str) -> CollectionSection:
    """The unit of a path. Raises NotFound."""
    for section in path.sections:
        if section.id == section_id:
            return section
    raise NotFound()


def is_passage_there(session: Session, access: Access, question: PathQuestion) -> bool:
    """Whether the words that explain the answer still stand on the page, for this reader."""
    page = _find_page(session, access, question.document_id, question.page)
    return page is not None and verbatim(page.text, question.quote) is not None


def may_readers_see(session: Session, path: Collection, document_id: str) -> bool:
    """Whether all who may read the path may read the document."""
    document = session.get(Document, document_id)
    order = list(Visibility)
    return document is not None and order.index(document.visibility) <= order.index(path.visibility)


def _require_quote(session: Session, access: Access, path: Collection, form: QuestionForm) -> str:
    page = _find_page(session, access, form.document_id, form.page)
    if page is None:
        raise PermanentError(
            N_("There is no such page: copy its address while you read it in this site.")
        )
    if not may_readers_see(session, path, form.document_id):
        raise PermanentError(
            N_("Not all readers of this path may see that document: choose another, or open it.")
        )
    span = verbatim(page.text, form.quote)
    if span is None:
        raise PermanentError(
            N_("These words are not on page {page}: select them in the text of the page."),
            page=form.page,
        )
    return page.text[slice(*span)]


def _find_page(session: Session, access: Access, document_id: str, page: int) -> PageRow | None:
    of_page = (
        select(PageRow)
        .join(Document, Document.id == PageRow.document_id)
        .where(
            Document.id == document_id,
            Document.visibility.in_(access.visibilities),
            PageRow.number == page,
        )
    )
    return session.scalars(of_page).first()
