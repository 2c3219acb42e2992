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
    Entry,
    Section,
    groups_of,
    index_of,
    moved,
    removed,
    rows_of,
    store,
)
from kb.collections.covers import HEIGHT, WIDTH, encode
from kb.collections.forms import About
from kb.corpus.collections import store_collection
from kb.messages import PermanentError
from kb.practices.practice import Collection as Card
from kb.storage.accounts import AuditEntry
from kb.storage.collections import Collection, CollectionKind, CollectionState, EventType
from kb.storage.db import Database

A, B, C = (Entry(name, f"note {name}") for name in "abc")
ONE, TWO = Section("1", "First", "text"), Section("2", "Second")
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
    assert keys(moved(ROWS, row.key, by)) == becomes


def test_items_of_a_removed_section_belong_to_the_one_before():
    groups = groups_of(removed(ROWS, TWO.key))
    assert [(g.section and g.section.title, keys(g.entries)) for g in groups] == [
        (None, "a"),
        ("First", "b c"),
    ]
    assert groups_of(()) == []
    assert [g.section for g in groups_of((ONE, A))] == [ONE]


@given(
    st.lists(st.sampled_from(ROWS), unique=True),
    st.sampled_from(ROWS),
    st.sampled_from([-1, 1]),
)
def test_no_move_loses_or_doubles_a_row(rows, row, by):
    after = moved(tuple(rows), row.key, by)
    assert sorted(keys(after).split()) == sorted(keys(rows).split())
    if isinstance(row, Entry) and after != tuple(rows):
        assert moved(after, row.key, -by) == tuple(rows)
    assert (index_of(after, row.key) is None) == (row not in rows)


def test_rows_are_kept_as_they_were_put(database):
    with database.transaction() as session:
        made = commands.create(session, OPERATOR, About(title="Città & borghi: l’èra del légno!"))
        assert made.id == "citta-borghi-lera-del-legno"
        assert commands.create(session, OPERATOR, About(title="Città borghi lera del legno")).id
        commands.arrange(session, OPERATOR, made, ROWS, revision=1)
    for rows in ((TWO, C, B, A), (A, Section("1", "Renamed")), ROWS, ()):
        with database.transaction() as session:
            row = session.get(Collection, made.id)
            before = row.updated_at
            commands.arrange(session, OPERATOR, row, rows, revision=row.revision)
        with database.session() as session:
            row = session.get(Collection, made.id)
            assert rows_of(row) == rows
            assert row.updated_at > before


def test_saving_what_is_there_changes_nothing(database):
    with database.transaction() as session:
        row = commands.create(session, OPERATOR, About(title="Same"))
        commands.change(session, OPERATOR, row, About(title="Same"), revision=1)
        commands.arrange(session, OPERATOR, row, (), revision=1)
        assert row.revision == 1
        assert commands.add(session, OPERATOR, row, "a", "why")
        assert not commands.add(session, OPERATOR, row, "a", "again")
        assert (row.revision, rows_of(row)) == (2, (Entry("a", "why"),))


def test_who_edits_an_older_revision_is_told(database):
    with database.transaction() as session:
        row = commands.create(session, OPERATOR, About(title="First"))
        commands.change(session, OPERATOR, row, About(title="Second"), revision=1)
        with pytest.raises(commands.Outdated):
            commands.change(session, OPERATOR, row, About(title="Third"), revision=1)
        with pytest.raises(commands.Outdated):
            commands.arrange(session, OPERATOR, row, (A,), revision=1)
        assert row.title == "Second"


def test_publishing_and_withdrawing_are_in_the_audit_log(database):
    drafted = About(title="T", argument="Because.")
    published = About(title="T", argument="Because.", state=CollectionState.PUBLISHED)
    with database.transaction() as session:
        row = commands.create(session, OPERATOR, drafted)
        commands.change(session, OPERATOR, row, published, revision=1)
        commands.change(session, OPERATOR, row, drafted, revision=2)
        commands.delete(session, OPERATOR, row)
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
        assert (row.cover, row.state, keys(rows_of(row))) == ("sun", "published", "one two")
        assert store_collection(session, card())
        assert row.updated_at == first
        assert store_collection(session, card(title="Nuovo"))
        assert (row.title, row.updated_at > first) == ("Nuovo", True)
    with database.transaction() as session:
        row = session.get(Collection, "a-card")
        commands.arrange(session, OPERATOR, row, (Entry("two", "Mine."),), row.revision)
        assert not store_collection(session, card())
        assert rows_of(row) == (Entry("two", "Mine."),)


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
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\nbroken", b"GIF89a"],
)
def test_what_is_no_photograph_is_refused(content):
    with pytest.raises(PermanentError, match="JPEG, PNG or WebP"):
        encode(io.BytesIO(content))


def test_an_image_of_too_many_pixels_is_refused():
    with pytest.raises(PermanentError):
        encode(picture((9000, 9000), mode="1"))


def test_an_image_goes_with_its_collection(database):
    with database.transaction() as session:
        row = commands.create(session, OPERATOR, About(title="T"))
        commands.set_image(session, OPERATOR, row, encode(picture((20, 20))), "A red square")
        store(row, (A,))
    with database.transaction() as session:
        row = session.get(Collection, "t")
        assert (row.image.alt, row.revision) == ("A red square", 2)
        commands.remove_image(session, OPERATOR, row)
        session.flush()
        assert row.image is None
        commands.delete(session, OPERATOR, row)
