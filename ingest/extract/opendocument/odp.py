"""OpenDocument presentations and templates: a page for each slide with title, boxes in reading
order, and notes."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from functools import partial

from ingest.extract.extracted import Extracted, ExtractRequest
from ingest.extract.opendocument.about import odf_about
from ingest.extract.opendocument.odt import OdfDocument, OdtParser, open_odf, refuse_encrypted
from ingest.extract.opendocument.parts import object_blocks
from ingest.extract.shared.about import one_line
from ingest.extract.shared.blocks import Block
from ingest.extract.shared.xml_stream import Element, Event, attribute, events, short, tree_events
from ingest.extract.slides.deck import Deck, title_or_first_line
from ingest.extract.slides.pictures import Pictures, SlidePicture
from ingest.extract.slides.reading_order import ShapeBox, in_reading_order
from ingest.extract.sniff import ODP

MAX_GROUP_DEPTH = 20
"""Nesting of groups that is followed."""
SLIDE_CM = (28.0, 15.75)
"""Default size of a slide, with which picture sizes are compared."""
_LENGTH = re.compile(r"(-?\d+(?:\.\d+)?)(cm|mm|in|pt|pc|px)")
_CM = {"cm": 1.0, "mm": 0.1, "in": 2.54, "pt": 2.54 / 72, "pc": 2.54 / 6, "px": 2.54 / 96}
_ON_EVERY_SLIDE = frozenset({"date-time", "page-number", "footer", "header"})


def extract_odp(source: ExtractRequest) -> Extracted:
    deck, hidden_styles = Deck(), set[str]()
    pictures = Pictures(source.settings, SLIDE_CM[0] * SLIDE_CM[1])
    with open_odf(source.path) as archive:
        refuse_encrypted(archive)
        slides = _Slides(archive, pictures)
        page = ("draw:page",)
        for event, name, element in events(archive, "content.xml", page, needed=True, whole=page):
            if event == "end" and name == "style:style":
                hidden_styles |= _hidden_style(element)
            elif event == "end" and name == "draw:page":
                if attribute(element, "draw:style-name") in hidden_styles:
                    deck.add_hidden()
                else:
                    title, blocks, recognised = slides.read(element)
                    deck.add(title, blocks, recognised=recognised)
                source.on_page(len(deck.pages), len(deck.pages) + 1)
        about = odf_about(archive)
    source.on_page(len(deck.pages), len(deck.pages))
    return deck.extracted(ODP, about)


def _hidden_style(style: Element) -> set[str]:
    """The name of a style that hides slides."""
    hides = any(attribute(one, "presentation:visibility") == "hidden" for one in style)
    return {attribute(style, "style:name")} if hides else set()


class _Slides:
    """Reads the slides of one file."""

    def __init__(self, archive: zipfile.ZipFile, pictures: Pictures) -> None:
        self._archive = archive
        self._document = OdfDocument(archive)
        self._pictures = pictures

    def read(self, page: Element) -> tuple[str, list[Block], bool]:
        """The title, or the first line if there is none; the blocks, title first; whether most of
        the text was recognised on pictures."""
        shapes = list(_leaves(page, MAX_GROUP_DEPTH))
        titles = [s for s in shapes if attribute(s, "presentation:class") == "title"]
        title = one_line(" ".join(b.text for s in titles[:1] for b in self._blocks(s)))
        blocks = [Block(title)] if title else []
        for shape in shapes:
            if shape not in titles[:1]:
                blocks += self._blocks(shape)
        seen = sum(len(block.text) for block in blocks)
        recognised = ""
        if seen < Pictures.ENOUGH_TEXT:
            recognised = self._pictures.read(self._visible_pictures(shapes))
        blocks += [Block(recognised)] if recognised else []
        blocks += self._notes(page)
        return title_or_first_line(title, blocks), blocks, len(recognised) > seen

    def _blocks(self, shape: Element) -> list[Block]:
        """The text of a shape."""
        if attribute(shape, "presentation:placeholder") == "true":
            return []  # an empty placeholder, which shows only its prompt
        name = short(shape.tag)
        objects = [one for one in shape if short(one.tag) == "draw:object"]
        if objects:
            address = attribute(objects[0], "xlink:href").removeprefix("./")
            return object_blocks(self._archive, address)
        if name == "draw:frame":
            bodies = [one for one in shape if short(one.tag) != "draw:image"]
            stream = [event for body in bodies for event in _with_itself(body)]
        else:
            stream = list(tree_events(shape))
        read = list(OdtParser(self._document, running=True).blocks(stream))
        return [Block(one.text, one.kind, header=one.header, begins=one.begins) for one in read]

    def _notes(self, page: Element) -> Iterator[Block]:
        for notes in page:
            if short(notes.tag) == "presentation:notes":
                for shape in _leaves(notes, MAX_GROUP_DEPTH):
                    yield from self._blocks(shape)

    def _visible_pictures(self, shapes: list[Element]) -> Iterator[SlidePicture]:
        members = set(self._archive.namelist())
        for shape in shapes:
            for image in shape:
                path = attribute(image, "xlink:href").removeprefix("./")
                if short(image.tag) == "draw:image" and path in members:
                    box = _box(shape)
                    yield SlidePicture(partial(self._archive.read, path), box.width * box.height)


def _with_itself(element: Element) -> Iterator[Event]:
    name = short(element.tag)
    yield "start", name, element
    yield from tree_events(element)
    yield "end", name, element


def _leaves(parent: Element, depth: int) -> Iterator[Element]:
    """The shapes inside groups in reading order, without those repeated on every slide."""
    shapes = [
        one
        for one in parent
        if short(one.tag).startswith("draw:")
        and attribute(one, "presentation:class") not in _ON_EVERY_SLIDE
    ]
    for shape in in_reading_order(shapes, _box):
        if short(shape.tag) == "draw:g":
            if depth:
                yield from _leaves(shape, depth - 1)
        elif short(shape.tag) != "draw:page-thumbnail":
            yield shape


def _box(shape: Element) -> ShapeBox:
    """Position of a shape in centimetres; of a group, that of its first shapes."""
    if short(shape.tag) == "draw:g":
        boxes = [_box(one) for one in shape if short(one.tag).startswith("draw:")]
        if boxes:
            left, top = min(b.left for b in boxes), min(b.top for b in boxes)
            right = max(b.left + b.width for b in boxes)
            bottom = max(b.top + b.height for b in boxes)
            return ShapeBox(left, top, right - left, bottom - top)
    names = ("svg:x", "svg:y", "svg:width", "svg:height")
    return ShapeBox(*(_centimetres(attribute(shape, name)) for name in names))


def _centimetres(text: str) -> float:
    match = _LENGTH.match(text)
    return float(match[1]) * _CM[match[2]] if match else 0.0
