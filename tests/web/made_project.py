"""A project with two indicators, made by the functions that the pages call."""

from datetime import date

from sqlalchemy import select

from kb.access import Role
from kb.accounts import accounts
from kb.domain import Visibility
from kb.practices import drafts
from kb.projects import commands, measurements, members, stages
from kb.projects.indicators import IndicatorFields
from kb.projects.measurements import CheckResult, MeasurementFields
from kb.projects.members import Invitation
from kb.storage.accounts import Account
from kb.storage.projects import CheckDecision, MemberPart, ProjectRow
from kb.storage.tables import Document

MEALS, WASTE = "Pasti con prodotti locali", "Avanzi per pasto"
INDICATORS = (
    {"text": MEALS, "unit": "%", "better": "higher", "baseline": 10, "target": 40},
    {"text": WASTE, "unit": "g", "better": "lower", "baseline": 120, "target": 60},
)
TERMS = {"baseline_on": "2024-12-31", "target_on": "2026-12-31", "every_months": 12,
         "owner": "Ufficio scuola", "baseline_how": "Bolle di consegna"}  # fmt: skip
RECORD = {
    "municipality": "052032", "lead_body": "Comune di Siena", "contact": "scuola@comune.siena.it",
    "why": "I prodotti venivano da lontano. Nessuno sapeva quanto.", "kept": "Il capitolato.",
    "changed": "Le consegne, due volte a settimana.", "left_out": "Le visite in azienda.",
    "lessons": "Cominciare dalle verdure.", "themes": ["green-economy"],
    "budget": [{"kind": "running", "amount": 12500.5, "source": "Regione Toscana"}],
    "practice_ids": ["unioni-comuni-emilia-romagna"],
    "steps": [{"text": "Mercato contadino", "done_on": "2025-03-01"}],
}  # fmt: skip


class MadeProject:
    """Its lead is the officer; ``checked`` is for a measurement to remember."""

    def __init__(self, services, title):
        self.services, self.checked = services, 0
        with services.database.transaction() as session:
            known = session.scalars(select(Account).where(Account.name.like("a-%")))
            self.people = {Role(one.name[2:]): accounts.access_of(one) for one in known}
            lead = self.people[Role.OFFICER]
            row = commands.create_project(session, lead, RECORD | {"title": title})
            self.id = row.id
            partner = Invitation("Comune di Asciano", MemberPart.PARTNER, "Seconda mensa")
            members.add_member(session, lead, row, partner)
            session.add(
                Document(
                    id=f"file-of-{row.id}", kind="document", title="Bolle segrete", filename="b",
                    size=1, content_sha256=row.content_sha256, visibility=Visibility.RESEARCHERS,
                )
            )  # fmt: skip
            for fields in INDICATORS:
                made = IndicatorFields.model_validate(fields | TERMS)
                commands.save_indicator(session, lead, row, made)

    def do(self, command, role, *given, **more):
        with self.services.database.transaction() as session:
            row = commands.lock_project(session, self.id)
            return command(session, self.people[role], row, *given, **more)

    def report(self, indicator, value, year=2025, supersedes=None):
        fields = MeasurementFields(
            period_start=date(year, 1, 1), period_end=date(year, 12, 31), value=value,
            document_id=f"file-of-{self.id}", supersedes=supersedes,
        )  # fmt: skip

        def add(session, access, row):
            one = row.indicators[indicator]
            return measurements.report(session, access, row, one, fields, "Comune di Siena").id

        return self.do(add, Role.OFFICER)

    def check(self, measurement, decision=CheckDecision.CHECKED, note=""):
        self.do(measurements.decide, Role.RESEARCHER, measurement, CheckResult(decision, note))

    def move(self, stage, reason=""):
        def to(session, access, row):
            change = stages.StageChange(stage, date(2026, 5, 4), reason)
            stages.move_stage(session, access, row, row.revision, change)

        self.do(to, Role.OFFICER)

    def press(self, browser):
        return browser.post(f"/projects/{self.id}/card", follow_redirects=False)

    def draft(self):
        with self.services.database.session() as session:
            row = session.get(ProjectRow, self.id)
            return row, drafts.list_revisions(session, row.card_id)[0]
