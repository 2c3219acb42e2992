"""Covers of collections without an uploaded image, drawn from the collection's id and motif.

Two collections with the same motif have other shapes, places and colours; the same collection has
the same cover every time. Only plain shapes are used, which the PDF writer can draw too.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1200, 400
"""Units of the drawing."""
INK, SAND, OCHRE, TERRA, SKY, PAPER = (
    "#17324d", "#f8f4ec", "#e9b44c", "#9c4221", "#dbe7ef", "#fffdf8",
)  # fmt: skip
LAND = (
    ("#9fb58a", "#5d7f4e", "#3f5f3a"),
    ("#c9b48a", "#9a7b4f", "#6d5330"),
    ("#8fb3b0", "#4f8583", "#2f5c5f"),
    ("#b9a9c0", "#7f6f95", "#4f4a6e"),
)
"""From the farthest to the nearest: spring, harvest, coast, evening."""
GROUNDS = (SKY, SAND, "#f3dcc0", "#d9e3d2", "#e4dcea")


@dataclass
class Dice:
    """Numbers that depend on nothing but ``seed``."""

    seed: str
    drawn: int = 0

    def share(self) -> float:
        """From 0 up to, not including, 1."""
        self.drawn += 1
        digest = hashlib.sha256(f"{self.seed}/{self.drawn}".encode()).digest()
        return int.from_bytes(digest[:4], "big") / 2**32

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.share()

    def one_of(self, values: Sequence[str]) -> str:
        return values[int(self.share() * len(values))]

    def land(self) -> Sequence[str]:
        return LAND[int(self.share() * len(LAND))]


def draw_cover(seed: str, motif: str) -> str:
    """An SVG document. ``motif``: one of ``kb.collections.forms.COVERS``; an unknown one is drawn
    as hills."""
    shapes = MOTIFS.get(motif, _hills)(Dice(f"{motif}:{seed}"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'preserveAspectRatio="xMidYMid slice">{"".join(shapes)}</svg>'
    )


def _ground(fill: str) -> str:
    return f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{fill}"/>'


def _disc(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}" fill="{fill}"/>'


def _line(x: float, y: float, to_x: float, to_y: float, stroke: str, width: float) -> str:
    return (
        f'<path d="M{x:.0f} {y:.0f}L{to_x:.0f} {to_y:.0f}" stroke="{stroke}" '
        f'stroke-width="{width:.0f}" fill="none"/>'
    )


def _shape(points: Sequence[tuple[float, float]], fill: str) -> str:
    path = "L".join(f"{x:.0f} {y:.0f}" for x, y in points)
    return f'<path d="M{path}Z" fill="{fill}"/>'


def _ridge(dice: Dice, height: float, swing: float, fill: str) -> str:
    """Land below a wavy line around ``height``."""
    waves, shift = dice.between(1, 2.6), dice.between(0, 2 * math.pi)
    points = [
        (x, height + swing * math.sin(shift + waves * 2 * math.pi * x / WIDTH))
        for x in range(0, WIDTH + 1, 40)
    ]
    return _shape([*points, (WIDTH, HEIGHT), (0, HEIGHT)], fill)


def _sky(dice: Dice) -> list[str]:
    sun = _disc(
        dice.between(120, 1080), dice.between(70, 150), dice.between(38, 72),
        dice.one_of((OCHRE, TERRA, PAPER)),
    )  # fmt: skip
    return [_ground(dice.one_of(GROUNDS)), sun]


def _hills(dice: Dice) -> list[str]:
    shapes = _sky(dice)
    for n, fill in enumerate(dice.land()):
        shapes.append(_ridge(dice, 230 + 60 * n, dice.between(18, 45), fill))
    for _ in range(int(dice.between(3, 9))):
        x, foot, high = dice.between(60, 1140), dice.between(290, 370), dice.between(50, 95)
        tree = [(x, foot), (x - 10, foot - high / 2), (x, foot - high), (x + 10, foot - high / 2)]
        shapes.append(_shape(tree, INK))
    return shapes


def _town(dice: Dice) -> list[str]:
    shapes = [*_sky(dice), _ridge(dice, 250, 35, dice.land()[0])]
    x = dice.between(20, 120)
    while x < WIDTH - 80:
        width, high = dice.between(55, 120), dice.between(80, 200)
        top = HEIGHT - 40 - high
        wall = dice.one_of((SAND, OCHRE, TERRA, "#c9b48a", "#e7cfa8"))
        body = [(x, HEIGHT), (x, top), (x + width, top), (x + width, HEIGHT)]
        shapes += [
            _shape(body, wall),
            _shape([(x - 6, top), (x + width / 2, top - 36), (x + width + 6, top)], INK),
        ]
        for row in range(int(high / 55)):
            left, window = x + width / 2 - 9, top + 20 + 50 * row
            frame = [(left, window), (left + 18, window), (left + 18, window + 26)]
            shapes.append(_shape([*frame, (left, window + 26)], INK))
        x += width + dice.between(0, 70)
    return shapes


def _fields(dice: Dice) -> list[str]:
    land = dice.land()
    shapes = [*_sky(dice), _ridge(dice, 210, 25, land[0]), _ridge(dice, 262, 6, land[1])]
    far, rows = dice.between(300, 900), int(dice.between(9, 17))
    for n in range(rows):
        left, right = WIDTH * 1.6 * n / rows - 360, WIDTH * 1.6 * (n + 0.5) / rows - 360
        strip = [(far + (left - far) / 6, 272), (far + (right - far) / 6, 272)]
        fill = dice.one_of((land[2], OCHRE, land[0]))
        shapes.append(_shape([*strip, (right, HEIGHT), (left, HEIGHT)], fill))
    return shapes


def _sun(dice: Dice) -> list[str]:
    x, y, radius = dice.between(250, 950), dice.between(120, 190), dice.between(50, 80)
    shapes = [_ground(dice.one_of((INK, "#7f4a2a", "#2f5c5f", "#4f4a6e")))]
    rays = int(dice.between(10, 22))
    for n in range(rays):
        angle, reach = 2 * math.pi * n / rays, dice.between(1.6, 3.4) * radius
        shapes.append(
            _line(x, y, x + reach * math.cos(angle), y + reach * math.sin(angle), OCHRE, 5)
        )
    shapes += [_disc(x, y, radius, OCHRE), _ridge(dice, 330, 24, dice.land()[2])]
    for _ in range(int(dice.between(2, 6))):
        shapes += _turbine(dice)
    return shapes


def _turbine(dice: Dice) -> list[str]:
    x, top, turn = dice.between(60, 1140), dice.between(120, 230), dice.between(0, 2)
    blades = [
        _line(x, top, x + 62 * math.cos(turn + a), top + 62 * math.sin(turn + a), PAPER, 6)
        for a in (0, 2 * math.pi / 3, 4 * math.pi / 3)
    ]
    return [_line(x, top, x, 372, PAPER, 7), *blades, _disc(x, top, 8, PAPER)]


def _water(dice: Dice) -> list[str]:
    shapes = [*_sky(dice), _ridge(dice, 190, 40, dice.land()[1])]
    blues = ("#8fb8d0", "#5f93b5", "#3b6f95", "#245273")
    for n, fill in enumerate(blues):
        shapes.append(_ridge(dice, 235 + 42 * n, dice.between(8, 18), fill))
    for _ in range(int(dice.between(1, 4))):
        x, y, size = dice.between(120, 1080), dice.between(240, 320), dice.between(24, 44)
        sail = [(x, y), (x, y - 2 * size), (x + size, y - 8)]
        shapes += [_shape(sail, PAPER), _shape([(x - size, y), (x + size, y), (x, y + 14)], TERRA)]
    return shapes


def _care(dice: Dice) -> list[str]:
    shapes = [_ground(dice.one_of(GROUNDS))]
    shapes.append(_disc(dice.between(200, 1000), HEIGHT, dice.between(180, 320), dice.land()[0]))
    people = int(dice.between(4, 10))
    for n in range(people):
        x = WIDTH * (n + dice.between(0.3, 0.7)) / people
        high, fill = dice.between(110, 210), dice.one_of((INK, TERRA, OCHRE, "#5d7f4e", "#3b6f95"))
        top = HEIGHT - high
        body = [(x - 44, HEIGHT), (x - 30, top + 46), (x + 30, top + 46), (x + 44, HEIGHT)]
        shapes += [_shape(body, fill), _disc(x, top + 12, 28, fill)]
    return shapes


def _network(dice: Dice) -> list[str]:
    shapes = [_ground(dice.one_of((INK, "#2f5c5f", "#4f4a6e", "#5b3a29")))]
    knots = int(dice.between(8, 15))
    places = [
        (WIDTH * (n + dice.between(0.2, 0.8)) / knots, dice.between(60, 340)) for n in range(knots)
    ]
    for n, (x, y) in enumerate(places):
        for to in places[n + 1 : n + 2 + int(dice.between(1, 3))]:
            shapes.append(_line(x, y, *to, "#8aa2b8", 4))
    fills = (OCHRE, SAND, TERRA, SKY)
    return shapes + [_disc(x, y, dice.between(16, 42), dice.one_of(fills)) for x, y in places]


def _pages(dice: Dice) -> list[str]:
    shapes = [_ground(dice.one_of(GROUNDS)), _ridge(dice, 330, 14, dice.land()[1])]
    sheets = int(dice.between(4, 8))
    for n in range(sheets):
        x, y = WIDTH * (n + dice.between(0.15, 0.45)) / sheets, dice.between(60, 150)
        tilt = dice.between(-24, 24)
        corners = [(x, y), (x + 130, y + tilt), (x + 130, y + 190 + tilt), (x, y + 190)]
        shapes += [_shape(corners, PAPER), _shape([*corners[:2], (x + 130, y + 26 + tilt),
                   (x, y + 26)], dice.one_of((TERRA, OCHRE, INK, "#5d7f4e")))]  # fmt: skip
        for line in range(5):
            shapes.append(_line(x + 18, y + 56 + 24 * line, x + dice.between(70, 112),
                                y + 56 + 24 * line + tilt * 0.8, "#9aa7b4", 6))  # fmt: skip
    return shapes


MOTIFS: dict[str, Callable[[Dice], list[str]]] = {
    "hills": _hills,
    "town": _town,
    "fields": _fields,
    "sun": _sun,
    "water": _water,
    "care": _care,
    "network": _network,
    "pages": _pages,
}
