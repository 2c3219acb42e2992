"""Times and days on pages are those of ``KB_TIME_ZONE``; what is stored stays in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from kb.access import Role
from kb.settings import Settings
from kb.storage.accounts import AuditEntry
from web.rendering.i18n import load_locales


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("utc", "zone", "moment", "day"),
    [
        ("2026-07-01T22:30", "Europe/Rome", "02/07/2026 00:30", "02/07/2026"),
        ("2026-01-31T23:00", "Europe/Rome", "01/02/2026 00:00", "01/02/2026"),
        ("2025-12-31T22:59", "Europe/Rome", "31/12/2025 23:59", "31/12/2025"),
        ("2026-03-29T00:59", "Europe/Rome", "29/03/2026 01:59", "29/03/2026"),
        ("2026-03-29T01:00", "Europe/Rome", "29/03/2026 03:00", "29/03/2026"),
        ("2026-10-25T00:30", "Europe/Rome", "25/10/2026 02:30 CEST", "25/10/2026"),
        ("2026-10-25T01:30", "Europe/Rome", "25/10/2026 02:30 CET", "25/10/2026"),
        ("2026-10-25T02:00", "Europe/Rome", "25/10/2026 03:00", "25/10/2026"),
        ("2026-07-01T22:30", "UTC", "01/07/2026 22:30", "01/07/2026"),
        ("2026-07-01T22:30", "America/New_York", "01/07/2026 18:30", "01/07/2026"),
        ("2026-07-01T18:30", "Asia/Kolkata", "02/07/2026 00:00", "02/07/2026"),
    ],
)
def test_a_moment_is_shown_as_the_clock_of_the_zone_shows_it(utc, zone, moment, day):
    reader = load_locales()["it"].in_zone(ZoneInfo(zone))
    assert (reader.moment(at(utc)), reader.date(at(utc))) == (moment, day)


def test_a_day_without_a_time_is_that_day_in_every_zone():
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        assert load_locales()["it"].in_zone(ZoneInfo(zone)).date(date(2026, 3, 7)) == "07/03/2026"


def test_the_setting_and_its_default():
    assert Settings(_env_file=None).zone == ZoneInfo("Europe/Rome")
    assert Settings(_env_file=None, time_zone="Europe/Lisbon").zone == ZoneInfo("Europe/Lisbon")


def test_pages_show_local_time_and_say_which(sign_in, services):
    with services.database.transaction() as session:
        session.add(AuditEntry(at=at("2026-07-01T22:30"), action="account.enable"))
    page = sign_in(Role.ADMIN).get("/admin/audit").text
    assert "02/07/2026 00:30" in page
    assert "01/07/2026 22:30" not in page
    assert "Europe/Rome" in page
