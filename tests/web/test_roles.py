"""What the home page shows to a role that has no row of its own."""

from dataclasses import replace

from kb.access import PUBLIC, ROLES, Role
from web.presenters.desk import DEFAULT_HOME, HOMES, PUBLIC_HOME, home_of


def test_a_role_without_a_row_gets_the_default_home():
    unnamed = next(role for role in Role if role not in HOMES)
    assert home_of(replace(ROLES[unnamed], role=unnamed)) is DEFAULT_HOME


def test_a_visitor_without_an_account_sees_no_desk():
    assert home_of(PUBLIC) is PUBLIC_HOME
    assert "desk" not in PUBLIC_HOME.sections
