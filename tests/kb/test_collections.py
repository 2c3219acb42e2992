"""The order of a collection, its covers, and what moves when it is changed."""

from __future__ import annotations

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from kb.access import OPERATOR
from kb.collections import commands
from kb.collections.contents import (
    EntryRow,
    SectionRow,
    find_row,
    group_rows,
    list_rows,
    move_row,
    remove_row,
    store_rows,
)
from kb.collections.covers import HEIGHT, WIDTH, encode
from kb.collections.forms import About
from kb.corpus.collections import store_collection
from kb.messages import PermanentError
from kb.practices.practice import CollectionFile as Card
from kb.storage.accounts import AuditEntry
from kb.storage.collections import Collection, CollectionKind, CollectionState, EventType
from kb.storage.db import Database

A, B, C = (EntryRow(name, f"note {name}") for name in "abc")
ONE, TWO = SectionRow("1", "First", "text"), SectionRow("2", "Second")
ROWS = (A, ONE, B, TWO, C)


@pytest.fixture
def database(tmp_path):
    opened = Database(f"sqlite:///{tmp_path / 'kb.sqlite'}")
    opened.upgrade()
    yield opened
    opened.close()


def keys(rows):
    return " ".join(row.id for row in rows)


@pytest.mark.parametrize(
    ("row", "by", "becomes"),
    [
        (A, 1, "1 a b 2 c"),
        (A, -1, "a 1 b 2 c"),
        (C, -1, "a 1 b c 2"),
        (C, 1, "a 1 b 2 c"),
        (TWO, -1, "a 2 c 1 b"),
        (ONE, 1, "a 2 c 1 b"),
        (ONE, -1, "a 1 b 2 c"),
    ],
)
def test_a_move_changes_places_and_a_section_takes_its_items_along(row, by, becomes):
    assert keys(move_row(ROWS, row.key, by)) == becomes


def test_items_of_a_removed_section_belong_to_the_one_before():
    groups = group_rows(remove_row(ROWS, TWO.key))
    assert [(g.section and g.section.title, keys(g.entries)) for g in groups] == [
        (None, "a"),
        ("First", "b c"),
    ]
    assert group_rows(()) == []
    assert [g.section for g in group_rows((ONE, A))] == [ONE]


@given(
    st.lists(st.sampled_from(ROWS), unique=True),
    st.sampled_from(ROWS),
    st.sampled_from([-1, 1]),
)
def test_no_move_loses_or_doubles_a_row(rows, row, by):
    after = move_row(tuple(rows), row.key, by)
    assert sorted(keys(after).split()) == sorted(keys(rows).split())
    if isinstance(row, EntryRow) and after != tuple(rows):
        assert move_row(after, row.key, -by) == tuple(rows)
    assert (find_row(after, row.key) is None) == (row not in rows)


def test_rows_are_kept_as_they_were_put(database):
    with database.transaction() as session:
        made = commands.create_collection(
            session, OPERATOR, About(title="Città & borghi: l’èra del légno!")
        )
        assert made.id == "citta-borghi-l-era-del-legno"
        assert commands.create_collection(
            session, OPERATOR, About(title="Città borghi lera del legno")
        ).id
        commands.arrange_items(session, OPERATOR, made, ROWS, revision=1)
    for rows in ((TWO, C, B, A), (A, SectionRow("1", "Renamed")), ROWS, ()):
        with database.transaction() as session:
            row = session.get(Collection, made.id)
            before = row.updated_at
            commands.arrange_items(session, OPERATOR, row, rows, revision=row.revision)
        with database.session() as session:
            row = session.get(Collection, made.id)
            assert list_rows(row) == rows
            assert row.updated_at > before


def test_saving_what_is_there_changes_nothing(database):
    with database.transaction() as session:
        row = commands.create_collection(session, OPERATOR, About(title="Same"))
        commands.change_collection(session, OPERATOR, row, About(title="Same"), revision=1)
        commands.arrange_items(session, OPERATOR, row, (), revision=1)
        assert row.revision == 1
        assert commands.add_item(session, OPERATOR, row, "a", "why")
        assert not commands.add_item(session, OPERATOR, row, "a", "again")
        assert (row.revision, list_rows(row)) == (2, (EntryRow("a", "why"),))


def test_who_edits_an_older_revision_is_told(database):
    with database.transaction() as session:
        row = commands.create_collection(session, OPERATOR, About(title="First"))
        commands.change_collection(session, OPERATOR, row, About(title="Second"), revision=1)
        with pytest.raises(commands.CollectionConflict):
            commands.change_collection(session, OPERATOR, row, About(title="Third"), revision=1)
        with pytest.raises(commands.CollectionConflict):
            commands.arrange_items(session, OPERATOR, row, (A,), revision=1)
        assert row.title == "Second"


def test_publishing_and_withdrawing_are_in_the_audit_log(database):
    drafted = About(title="T", argument="Because.")
    published = About(title="T", argument="Because.", state=CollectionState.PUBLISHED)
    with database.transaction() as session:
        row = commands.create_collection(session, OPERATOR, drafted)
        commands.change_collection(session, OPERATOR, row, published, revision=1)
        commands.change_collection(session, OPERATOR, row, drafted, revision=2)
        commands.delete_collection(session, OPERATOR, row)
    with database.session() as session:
        actions = [entry.action for entry in session.query(AuditEntry)]
    assert actions == [f"collection.{verb}" for verb in ("create", "publish", "withdraw", "delete")]


@pytest.mark.parametrize(
    ("about", "field"),
    [
        (About(title=""), "title"),
        (About(title="x" * 201), "title"),
        (About(title="T", argument="word " * 401), "argument"),
        (About(title="T", state=CollectionState.PUBLISHED), "argument"),
        (About(title="T", kind=CollectionKind.EVENT, held_on=date(2026, 5, 4)), "event_type"),
        (About(title="T", kind=CollectionKind.EVENT, event_type=EventType.MASTER), "held_on"),
        (
            About(title="T", held_on=date(2026, 5, 4), held_until=date(2026, 5, 3)),
            "held_until",
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field(about, field):
    assert list(about.problems()) == [field]


def card(**changed):
    values = {"id": "a-card", "title": "Titolo", "title_en": "Title", "argument": "Perché."}
    items = [{"practice": "one", "note": "Uno."}, {"document": "two", "note": "Due."}]
    return Card.model_validate({**values, "items": items, "themes": ["energy"], **changed})


def test_the_corpus_brings_collections_up_to_date_but_not_those_edited_here(database):
    with database.transaction() as session:
        assert store_collection(session, card())
    with database.transaction() as session:
        row = session.get(Collection, "a-card")
        first = row.updated_at
        assert (row.cover, row.state, keys(list_rows(row))) == ("sun", "published", "one two")
        assert store_collection(session, card())
        assert row.updated_at == first
        assert store_collection(session, card(title="Nuovo"))
        assert (row.title, row.updated_at > first) == ("Nuovo", True)
    with database.transaction() as session:
        row = session.get(Collection, "a-card")
        commands.arrange_items(session, OPERATOR, row, (EntryRow("two", "Mine."),), row.revision)
        assert not store_collection(session, card())
        assert list_rows(row) == (EntryRow("two", "Mine."),)


def picture(size, mode="RGB", kind="PNG", **save):
    buffer = io.BytesIO()
    Image.new(mode, size, "red" if mode == "RGB" else 1).save(buffer, kind, **save)
    return io.BytesIO(buffer.getvalue())


def test_a_cover_is_encoded_anew_in_one_shape_and_without_what_it_carried():
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    cover = encode(picture((3000, 500), kind="JPEG", exif=exif))
    with Image.open(io.BytesIO(cover.content)) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("WEBP", (WIDTH, HEIGHT), {})
    assert b"taken at home" not in cover.content


@pytest.mark.parametrize(
    "content",
    [b"", b"<?xml version='1.0'?><html/>", b"\x89PNG\r\n\x1a\nbroken", b"GIF89a"],
)
def test_what_is_no_photograph_is_refused(content):
    with pytest.raises(PermanentError, match="JPEG, PNG or WebP"):
        encode(io.BytesIO(content))


def test_an_image_of_too_many_pixels_is_refused():
    with pytest.raises(PermanentError):
        encode(picture((12_000, 12_000), mode="1"))


def test_an_image_goes_with_its_collection(database):
    with database.transaction() as session:
        row = commands.create_collection(session, OPERATOR, About(title="T"))
        commands.set_image(session, OPERATOR, row, encode(picture((20, 20))), "A red square")
        store_rows(row, (A,))
    with database.transaction() as session:
        row = session.get(Collection, "t")
        assert (row.image.alt, row.revision) == ("A red square", 2)
        commands.remove_image(session, OPERATOR, row)
        session.flush()
        assert row.image is None
        commands.delete_collection(session, OPERATOR, row)
