"""Projects: members, indicators, measurements and stages, by their rules, without the model."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from kb.access import OPERATOR, PUBLIC, Access, Role
from kb.accounts import accounts
from kb.corpus.card_files import load_corpus
from kb.corpus.loading import CORPUS
from kb.domain import Kind, Status, Visibility
from kb.messages import NotFound, PermanentError
from kb.practices.filter_values import filter_values_of
from kb.practices.local_use import local_use_of
from kb.practices.locations import load_locations
from kb.practices.practice import Practice
from kb.practices.publishing import publish_practice
from kb.practices.terms import Better
from kb.projects import commands, ideas, measurements, members, parts, stages, values
from kb.projects.counting import count_projects
from kb.projects.indicators import IndicatorFields, compute_value, list_gaps
from kb.projects.measurements import CheckResult, MeasurementFields
from kb.projects.members import Invitation
from kb.projects.progress import Compared, ProgressState, compare_changes, measure_progress
from kb.projects.validated import InvalidFields, NotNow, ProjectConflict
from kb.projects.values import MeasurementState
from kb.storage.accounts import Account
from kb.storage.db import Database
from kb.storage.filter_values import read_filter_values
from kb.storage.projects import (
    CheckDecision,
    Indicator,
    Measurement,
    MemberPart,
    ProjectMember,
    ProjectRow,
    Stage,
)
from kb.storage.tables import Document, Item, Job, JobStatus, PracticeRow
from tests.databases import BACKENDS, fresh, migrated

SIENA, TODAY = "052032", date(2027, 5, 4)
VALUES = {"title": "Mensa a chilometro zero", "municipality": SIENA, "lead_body": "Comune"}
YEAR = {"period_start": "2027-01-01", "period_end": "2027-12-31"}
COMPLETE = {
    "text": "Pasti con prodotti locali", "unit": "%", "unit_en": "%", "better": "higher",
    "baseline": 10, "baseline_on": "2026-12-31", "target": 40, "target_on": "2029-12-31",
    "every_months": 12, "owner": "Ufficio scuola",
}  # fmt: skip


class Base:
    """A database with an account for each role; each command in a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.session() as session:
            known = session.scalars(select(Account))
            self.people = {one.name: accounts.access_of(one) for one in known}
            self.practice = session.scalars(select(PracticeRow.id)).one_or_none()
            self.id = session.scalars(select(ProjectRow.id)).one_or_none()

    @classmethod
    def fill(cls, database: Database, card: Practice) -> "Base":
        database.upgrade()
        with database.transaction() as session:
            for name, role in (
                ("lead", Role.OFFICER), ("partner", Role.MEMBER), ("watcher", Role.OFFICER),
                ("stranger", Role.OFFICER), ("checker", Role.RESEARCHER),
                ("second", Role.RESEARCHER), ("admin", Role.ADMIN),
            ):  # fmt: skip
                accounts.create(session, name, role)
            session.add(
                Document(
                    id="evidence", kind=Kind.DOCUMENT, title="Bilancio", content_sha256="0" * 64,
                    filename="b.pdf", size=1, status=Status.READY, visibility=Visibility.MEMBERS,
                )
            )  # fmt: skip
            publish_practice(session, card)
        people = cls(database).people
        with database.transaction() as session:
            commands.create_project(session, people["lead"], VALUES | {"practice_ids": [card.id]})
        filled = cls(database)
        filled.join("partner", MemberPart.PARTNER)
        filled.join("watcher", MemberPart.OBSERVER)
        return filled

    def join(self, name: str, part: MemberPart) -> None:
        invited = Invitation(body=f"Ente di {name}", part=part, account_name=name)
        self.do(members.add_member, "lead", invited)
        self.do(members.accept_invitation, name)

    def do(self, command, name, *given):
        with self.database.transaction() as session:
            row = commands.lock_project(session, self.id)
            return command(session, self.people[name], row, *given)

    def see(self, read):
        with self.database.session() as session:
            return read(session.get(ProjectRow, self.id))

    @property
    def revision(self) -> int:
        return self.see(lambda row: row.revision)

    def change(self, name, **fields):
        return self.do(commands.change_project, name, self.revision, fields)

    def move(self, name, stage, reason=""):
        change = stages.StageChange(stage, TODAY, reason)
        return self.do(stages.move_stage, name, self.revision, change)

    def indicate(self, name="lead", **fields) -> str:
        made = IndicatorFields.model_validate(COMPLETE | fields)
        return self.do(commands.save_indicator, name, made).id

    def report(self, indicator_id, name="lead", **fields) -> int:
        made = MeasurementFields.model_validate({**YEAR, "document_id": "evidence", **fields})
        with self.database.transaction() as session:
            row = commands.lock_project(session, self.id)
            one = values.require_indicator(row, indicator_id)
            return measurements.report(session, self.people[name], row, one, made, "Comune").id

    def decide(self, measurement_id, decision=CheckDecision.CHECKED, name="checker", note=""):
        self.do(measurements.decide, name, measurement_id, CheckResult(decision, note))


@pytest.fixture(scope="module")
def card():
    practices = load_corpus(CORPUS).practices
    return next(one for one in practices if not one.adopted_by)


@pytest.fixture(scope="module")
def filled(tmp_path_factory, card):
    """An SQLite file to copy, because migrating takes longer than a test."""
    file = tmp_path_factory.mktemp("filled") / "kb.sqlite"
    database = Database(f"sqlite:///{file}")
    Base.fill(database, card)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return file


@pytest.fixture(params=BACKENDS)
def base(request, tmp_path, card, filled):
    given = fresh if request.param == "sqlite" else migrated
    with given(request.param, tmp_path) as url:
        if request.param == "sqlite":
            shutil.copy(filled, tmp_path)
            opened = Base(Database(url))
        else:
            opened = Base.fill(Database(url), card)
        yield opened
        opened.database.close()


def test_a_project_is_an_item_seen_by_members_and_waits_for_the_index(base):
    with base.database.session() as session:
        row = session.get(Item, base.id)
        assert isinstance(row, ProjectRow)
        assert (row.id, row.kind, row.visibility) == (
            "mensa-a-chilometro-zero", Kind.PROJECT, Visibility.MEMBERS)  # fmt: skip
        assert read_filter_values(row)["region"] == ("Toscana",)
        assert read_filter_values(row)["stage"] == ("idea",)
        waiting = select(Job).where(Job.item_id == base.id, Job.status == JobStatus.QUEUED)
        assert session.scalars(waiting).one()
        text = "\n".join(text for _, text in row.sections)
        assert "Siena" in text
        assert "Toscana" in text
        assert "Ente di partner" in text
        assert row.practice_rows[0].title in text
    with base.database.transaction() as session:
        practice = session.get(PracticeRow, base.practice)
        publish_practice(session, Practice.model_validate(practice.record), Visibility.RESEARCHERS)
        title = practice.title
    base.change("lead", why="Per tutti.")
    base.do(members.add_member, "lead", Invitation("Ignara", MemberPart.PARTNER, "", "stranger"))
    text = base.see(lambda row: str((row.sections, [one.title for one in row.practice_rows])))
    assert title not in text, "only researchers see the practice"
    assert "Ignara" not in text, "it was invited and has not accepted"
    with base.database.transaction() as session:
        other = commands.create_project(session, base.people["stranger"], VALUES)
        assert other.id == f"{base.id}-2"
        for nobody in (PUBLIC, OPERATOR):
            with pytest.raises(PermanentError, match="Sign in"):
                commands.create_project(session, nobody, VALUES)


def test_residents_of_the_municipality_of_a_project_are_known_to_searches(base):
    with base.database.transaction() as session:
        session.get(Item, base.id).status = Status.READY
    with base.database.session() as session:
        located = {one.id: one for one in load_locations(session, OPERATOR)}
    assert located[base.id].is_project
    assert located[base.id].traits.population > 50_000


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"title": " "}, "title"), ({"municipality": "999999"}, "municipality"),
     ({"cup": "12"}, "cup"), ({"themes": ["absurd"]}, "themes"),
     ({"budget": [{"kind": "running", "amount": -1}]}, "budget"),
     ({"started": "2027-02-01", "concluded": "2026-01-01"}, "concluded"),
     ({"steps": [{"text": "a", "due": "tomorrow"}]}, "steps")],
)  # fmt: skip
def test_wrong_fields_are_named_and_nothing_is_written(base, fields, field):
    with pytest.raises(InvalidFields) as error:
        base.change("lead", **fields)
    assert error.value.findings[0].where[0] == field
    assert base.see(lambda row: row.title) == VALUES["title"]


def test_lead_and_partners_edit_and_nobody_else(base):
    base.change("partner", why="La mensa compra lontano.", cup="b51b21000000004")
    assert base.see(lambda row: row.record["cup"]) == "B51B21000000004"
    for name in ("watcher", "stranger", "checker", "admin"):
        with pytest.raises(PermanentError, match="lead and the partners"):
            base.change(name, why="x")
    with pytest.raises(PermanentError, match="Only the lead"):
        base.do(commands.set_visibility, "partner", Visibility.PUBLIC)
    with pytest.raises(PermanentError, match="members or to everybody"):
        base.do(commands.set_visibility, "lead", Visibility.RESEARCHERS)
    with pytest.raises(ProjectConflict):
        base.do(commands.change_project, "lead", 1, {"why": "old"})


def test_who_is_only_invited_does_not_edit_and_who_left_does_no_more(base):
    invited = Invitation("Impresa", MemberPart.PARTNER, account_name="stranger")
    member = base.do(members.add_member, "lead", invited)
    with pytest.raises(PermanentError, match="invited already"):
        base.do(members.add_member, "lead", invited)
    with pytest.raises(PermanentError, match="lead and the partners"):
        base.change("stranger", why="x")
    base.do(members.accept_invitation, "stranger")
    base.change("stranger", why="x")
    base.do(members.remove_member, "stranger", member.id)
    with pytest.raises(PermanentError, match="lead and the partners"):
        base.change("stranger", why="y")
    listed = base.see(lambda row: [(one.body, one.left_at is None) for one in row.members])
    assert ("Impresa", False) in listed
    with pytest.raises(NotFound):
        base.do(members.remove_member, "lead", member.id)


def test_there_is_always_a_lead(base):
    ids = base.see(lambda row: {one.part: one.id for one in row.members})
    for command, given in (
        (members.remove_member, [ids["lead"]]),
        (members.set_part, [ids["lead"], MemberPart.PARTNER]),
    ):
        with pytest.raises(PermanentError, match="needs a lead"):
            base.do(command, "lead", *given)
    base.do(members.set_part, "lead", ids["partner"], MemberPart.LEAD)
    base.do(members.remove_member, "lead", ids["lead"])
    base.do(commands.set_visibility, "partner", Visibility.PUBLIC)


@pytest.mark.parametrize(
    ("missing", "says_that"),
    [({"baseline": None}, "baseline"), ({"baseline_on": None}, "baseline"),
     ({"target": None}, "target"), ({"target_on": None}, "target"),
     ({"owner": ""}, "sees to"), ({"every_months": None}, "rhythm")],
)  # fmt: skip
def test_no_project_runs_without_a_complete_indicator(base, missing, says_that):
    base.move("lead", Stage.ADAPT)
    with pytest.raises(NotNow, match="at least one indicator"):
        base.move("lead", Stage.RUN)
    base.indicate(**missing)
    with pytest.raises(NotNow, match=says_that):
        base.move("lead", Stage.RUN)
    assert base.see(lambda row: row.stage) is Stage.ADAPT
    base.indicate()
    project = base.move("lead", Stage.RUN)
    assert project.started == TODAY
    assert base.see(lambda row: len(row.indicators)) == 2


def test_who_stops_says_why_and_who_concludes_has_a_checked_value(base):
    with pytest.raises(InvalidFields, match="why the project stopped"):
        base.move("lead", Stage.STOPPED, " ")
    base.move("lead", Stage.STOPPED, "Il bando non è stato finanziato.")
    text = base.see(lambda row: dict(row.sections))
    assert text["Perché si è fermato"] == "Il bando non è stato finanziato."
    later = stages.StageChange(Stage.STOPPED, TODAY.replace(year=2028), "Bando perso.")
    corrected = base.do(stages.move_stage, "lead", base.revision, later)
    assert corrected.concluded == TODAY, "only the reason is corrected"
    base.move("lead", Stage.ADAPT)
    assert base.see(lambda row: row.record["concluded"]) is None
    base.change("lead", started=TODAY.replace(year=2029))
    assert base.move("lead", Stage.STOPPED, "Non si comincia.").started is None
    base.move("lead", Stage.ADAPT)
    value = base.report(base.indicate(), value=20)
    with pytest.raises(NotNow, match="No value has been checked"):
        base.move("lead", Stage.MEASURED)
    base.decide(value)
    assert base.move("lead", Stage.MEASURED).concluded == TODAY


@pytest.mark.parametrize(
    ("given", "state", "percent"),
    [((210, 120, 165), ProgressState.UNDER_WAY, 50), ((210, 120, 120), ProgressState.REACHED, 100),
     ((210, 120, 90), ProgressState.EXCEEDED, 133), ((210, 120, 230), ProgressState.AWAY, -22),
     ((10, 40, 10), ProgressState.UNMOVED, 0), ((10, 40, 39.99), ProgressState.UNDER_WAY, 99),
     ((-5, 5, 0), ProgressState.UNDER_WAY, 50), ((0, -4, -1), ProgressState.UNDER_WAY, 25),
     ((10, 10, 12), ProgressState.UNDEFINED, None),
     ((None, 10, 12), ProgressState.UNDEFINED, None),
     ((10, None, 12), ProgressState.UNDEFINED, None),
     ((0, 1e-310, 1e15), ProgressState.UNDEFINED, None),
     ((10, 40, None), ProgressState.NO_VALUE, None)],
)  # fmt: skip
def test_progress(given, state, percent):
    made = measure_progress(*given)
    assert (made.state, made.percent) == (state, percent)


@pytest.mark.parametrize(
    ("better", "here", "there", "result"),
    [(Better.LOWER, (210, 180), (300, 150), Compared.WORSE),
     (Better.LOWER, (210, 84), (300, 150), Compared.BETTER),
     (Better.HIGHER, (10, 20), (5, 10), Compared.SAME),
     (Better.HIGHER, (None, 20), (5, 10), Compared.BETTER),
     (Better.HIGHER, (0, 20), (0, 20), Compared.SAME),
     (Better.LOWER, (10, 11), (10, 9), Compared.WORSE),
     (Better.HIGHER, (1e-310, 20), (5, 10), Compared.BETTER),
     (Better.NEUTRAL, (10, 11), (10, 9), None)],
)  # fmt: skip
def test_what_was_measured_here_against_the_result_elsewhere(better, here, there, result):
    assert compare_changes(better=better, here=here, there=there) is result


def test_shares_are_computed_and_never_over_nothing():
    assert compute_value(None, 3, 12, "%") == 25
    assert compute_value(None, 3, 12, "kg per abitante") == 0.25
    assert compute_value(25.0, 3, 12, "%") == 25
    for given in ((None, 3, 0, "%"), (None, 3, None, "%"), (None, None, 4, "%"), (30, 3, 12, "%"),
                  (None, 1, 1e-300, "%"), (30, 1, 1e-300, "")):  # fmt: skip
        with pytest.raises(ValueError, match=r"zero|together|not 30|too great"):
            compute_value(*given)


def test_unit_and_direction_come_from_the_measure(base):
    base.indicate(measure="residents", unit="", unit_en="", better=None)
    made = base.see(
        lambda row: [(i.unit, i.unit_en, i.better, i.aggregable) for i in row.indicators]
    )
    assert made == [("abitanti", "residents", "higher", True)]
    share = {"measure": "separate-collection", "unit": "", "baseline": None, "target": None}
    share |= {"baseline_numerator": 3, "baseline_denominator": 4}
    base.indicate(**share)
    assert base.see(lambda row: [(i.unit, i.baseline) for i in row.indicators])[1] == ("%", 75)
    one = base.see(lambda row: row.indicators[1].id)
    base.report(one, value=80)
    changed = IndicatorFields.model_validate(COMPLETE | {"measure": "jobs", "unit": ""})
    with pytest.raises(PermanentError, match="reported already"):
        base.do(commands.save_indicator, "lead", changed, one)
    assert values.add_months(date(9999, 6, 1), 12) == date.max


def test_a_target_equal_to_the_baseline_is_kept_and_said_to_be_undefined(base):
    base.indicate(target=10)
    row = base.see(lambda row: row.indicators[0])
    assert list_gaps(row) == []
    assert measure_progress(row.baseline, row.target, 12).state is ProgressState.UNDEFINED


def test_wrong_measurements_are_refused_in_words_and_nothing_is_lost(base):
    one = base.indicate()
    base.report(one, value=20)
    with pytest.raises(PermanentError, match="before the day of the baseline"):
        base.report(one, value=5, period_start="2026-01-01", period_end="2026-12-30")
    with pytest.raises(PermanentError, match="has reported 20 already"):
        base.report(one, "partner", value=21)
    with pytest.raises(ValueError, match="zero"):
        base.report(one, numerator=3, denominator=0)
    with pytest.raises(ValueError, match="ends before it begins"):
        base.report(one, value=3, period_start="2028-01-02", period_end="2028-01-01")
    with pytest.raises(ValueError, match="write in the note"):
        base.report(one)
    with pytest.raises(PermanentError, match="give 25, not 90"):
        base.report(one, value=90, numerator=1, denominator=4, period_end="2027-12-30")
    with pytest.raises(PermanentError, match="not here any more"):
        base.report(one, value=3, document_id="gone", period_end="2027-12-30")
    for name in ("watcher", "stranger", "checker"):
        with pytest.raises(PermanentError, match="lead and the partners"):
            base.report(one, name, value=3, period_end="2027-12-30")
    base.report(one, note="Il contatore era rotto.")
    base.report(one, value=12, period_end="2027-06-30")
    kept = base.see(lambda row: [m.value for m in row.indicators[0].measurements])
    assert kept == [20, None, 12]


def test_of_two_who_correct_the_same_value_the_second_is_told(base):
    one = base.indicate()
    wrong = base.report(one, value=20)
    base.decide(wrong, CheckDecision.SENT_BACK, note="Nel file c’è 18.")
    right = base.report(one, "partner", value=18, supersedes=wrong)
    with pytest.raises(PermanentError, match="corrected meanwhile"):
        base.report(one, value=19, supersedes=wrong)
    with pytest.raises(PermanentError, match="corrected meanwhile"):
        base.decide(wrong)
    base.decide(right)
    with pytest.raises(PermanentError, match="has said so already"):
        base.decide(right, name="second")

    def read(row):
        superseded = values.find_superseded(row.indicators[0])
        return [values.state_of(m, superseded) for m in row.indicators[0].measurements]

    assert base.see(read) == [MeasurementState.SUPERSEDED, MeasurementState.CHECKED]
    assert base.see(lambda row: values.newest_value(row.indicators[0]).value) == 18
    text = base.see(lambda row: dict(row.sections)["Indicatori e misure"])
    assert "18" in text
    assert "20\u00a0%" not in text


def test_only_a_researcher_outside_the_project_checks_against_a_file(base):
    one = base.indicate()
    value = base.report(one, value=20)
    for name in ("lead", "partner", "watcher", "stranger"):
        with pytest.raises(PermanentError, match="researcher who never took part"):
            base.decide(value, name=name)
    base.join("second", MemberPart.OBSERVER)
    member = base.see(lambda row: next(m.id for m in row.members if m.body.endswith("second")))
    base.do(members.remove_member, "second", member)
    with pytest.raises(PermanentError, match="never took part"):
        base.decide(value, name="second")
    with pytest.raises(PermanentError, match="what has to be corrected"):
        base.decide(value, CheckDecision.SENT_BACK)
    without = base.report(one, value=22, document_id=None, period_end="2027-06-30")
    with pytest.raises(PermanentError, match="no file"):
        base.decide(without)
    note = base.report(one, note="Nessun dato.")
    with pytest.raises(PermanentError, match="without a number"):
        base.decide(note)
    base.decide(value)
    base.decide(value, CheckDecision.SENT_BACK, name="admin", note="Era l’anno prima.")
    assert base.see(lambda row: values.list_checked(row.indicators[0])) == []


def test_the_unit_and_the_baseline_stay_once_values_are_reported(base):
    one = base.indicate()
    base.report(one, value=20)
    for fields, what in (({"unit": "kg", "unit_en": "kg"}, "another unit"),
                         ({"baseline_on": "2028-01-01"}, "must lie before")):  # fmt: skip
        made = IndicatorFields.model_validate(COMPLETE | fields)
        with pytest.raises(PermanentError, match=what):
            base.do(commands.save_indicator, "lead", made, one)


def test_the_next_value_is_due_a_rhythm_after_the_last(base):
    one = base.indicate(baseline_on="2026-08-31", every_months=6)
    due = lambda: base.see(lambda row: values.next_due(row.indicators[0]))  # noqa: E731
    assert due() == date(2027, 2, 28)
    base.report(one, value=20)
    assert due() == date(2028, 6, 30)


def test_public_projects_mark_the_practice_for_the_filters(base):
    def own():
        with base.database.session() as session:
            return read_filter_values(session.get(Item, base.practice))

    bare = own()
    assert "measured_here" not in bare
    one = base.indicate(practice_id=base.practice, result_key="x")
    base.move("lead", Stage.RUN)
    value = base.report(one, value=20)
    base.decide(value)
    assert own() == bare, "members only"
    base.do(commands.set_visibility, "lead", Visibility.PUBLIC)
    assert (own()["measured_here"], own()["taken_up"]) == (("yes",), ("italy",))
    with base.database.transaction() as session:
        practice = Practice.model_validate(session.get(PracticeRow, base.practice).record)
        changed = practice.model_copy(update={"title": "Un altro titolo"})
        publish_practice(session, changed)
        assert local_use_of(session, changed)
        assert "measured_here" not in filter_values_of(changed)
    assert own()["measured_here"] == ("yes",), "a new text of the card keeps it"
    base.do(commands.remove_project, "lead")
    assert "measured_here" not in own()


def test_a_removed_project_takes_its_rows_with_it_and_leaves_the_evidence(base):
    base.report(base.indicate(), value=20)
    with pytest.raises(PermanentError, match="Only the lead"):
        base.do(commands.remove_project, "partner")
    base.do(commands.remove_project, "lead")
    with pytest.raises(NotFound):
        base.change("lead", why="x")
    with base.database.transaction() as session:
        session.delete(session.get(Item, base.id))
    with base.database.session() as session:
        for table in (ProjectRow, ProjectMember, Indicator, Measurement):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        assert session.get(Document, "evidence")


def test_values_outlive_their_evidence_their_practice_and_their_reporter(base):
    one = base.indicate(practice_id=base.practice, result_key="x")
    base.report(one, value=20, document_title="Bilancio")
    with base.database.transaction() as session:
        for gone in ("evidence", base.practice):
            session.delete(session.get(Item, gone))
        account = accounts.find(session, "lead")
        session.delete(account)
    row = base.see(lambda row: (row.practice_rows[0].title, row.indicators[0].measurements[0]))
    title, value = row
    assert title
    assert (value.value, value.document_id, value.document_title, value.reported_by) == (
        20, None, "Bilancio", None)  # fmt: skip
    base.change("partner", why="Si va avanti.")


def test_a_stranger_with_no_account_has_no_part(base):
    for nobody in (PUBLIC, OPERATOR, Access(frozenset())):
        assert base.see(lambda row, nobody=nobody: parts.find_part(row, nobody)) is None
        assert not base.see(lambda row, nobody=nobody: parts.may_check(row, nobody))


def test_each_number_for_the_board_has_its_rows(base):
    def count(access=OPERATOR):
        with base.database.session() as session:
            return count_projects(session, access)

    began = count()
    assert [one.id for one in began.projects] == [base.id]
    assert (began.with_baseline, began.with_first, began.median_months) == ((), (), None)
    assert began.stopped_share == 0
    bare = base.indicate(text="Senza partenza", baseline=None, baseline_on=None)
    assert count().with_baseline == ()
    answering = base.indicate(practice_id=base.practice, result_key="x")
    first = base.report(answering, value=20)
    assert [one.id for one in count().with_baseline] == [base.id]
    assert count().measured_again == (), "nobody has checked it"
    base.decide(first)
    (practice,) = count().measured_again
    assert (practice.id, practice.values) == (base.practice, 1)
    assert count().with_two == ()
    second = base.report(bare, value=5, period_start="2028-01-01", period_end="2028-12-31")
    base.decide(second)
    assert [one.values for one in count().with_two] == [2]
    base.decide(second, CheckDecision.SENT_BACK, note="Il file dice altro.")
    assert count().with_two == (), "the last decision holds"
    corrected = base.report(answering, value=21, supersedes=first)
    assert count().measured_again == (), "the correction is not checked"
    base.decide(corrected)
    assert count().median_months == 0
    base.change("lead", started="2020-01-01")
    with base.database.transaction() as session:
        for one in session.scalars(select(Measurement)):
            one.reported_at = datetime(2021, 1, 1, tzinfo=UTC)
    assert round(count().median_months, 1) == 12
    base.move("lead", Stage.STOPPED, "Mancano i fondi.")
    assert [one.detail for one in count().stopped] == ["Mancano i fondi."]
    assert count().stopped_share == 1
    assert count(PUBLIC).projects == ()
    assert count(PUBLIC).stopped_share is None
    assert count(PUBLIC).measured_again == ()

    with base.database.transaction() as session:
        board = replace(base.people["checker"], board=True)
        with pytest.raises(PermanentError):
            ideas.create_idea(session, base.people["lead"], ideas.Idea("Idea", SIENA, "Perché"))
        made = ideas.create_idea(session, board, ideas.Idea("Idea", SIENA, "Perché")).id
    assert [one.id for one in count().ideas] == [made]
    assert count().taken_up == ()
    with base.database.transaction() as session:
        row = commands.lock_project(session, made)
        ideas.take_lead(session, base.people["stranger"], row, "Cooperativa")
        assert row.record["lead_body"] == "Cooperativa"
        with pytest.raises(PermanentError):
            ideas.take_lead(session, base.people["partner"], row, "Altri")
    assert [one.id for one in count().taken_up] == [made]
    assert count().ideas_measured == ()
