"""Draw the covers of the demo library: simple shapes in a few colors, always the same ones for an album."""

from __future__ import annotations

import math
import random
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.whole_file import whole_file

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

SIDE = 480  # pixels; twice the largest size in the apps
_FINER = 2  # drawn larger and made smaller, so that edges are smooth
_JPEG_QUALITY = 88
# The background, three colors on it, and the color of the text. Chosen by eye.
_PALETTES = (
    ("#12263a", "#f4845f", "#f7b267", "#2a6f97", "#fdf3e7"),
    ("#f2e8cf", "#386641", "#a7c957", "#bc4749", "#26382a"),
    ("#1b1b3a", "#e4572e", "#f3a712", "#29335c", "#f7efe2"),
    ("#ffe8d6", "#cb997e", "#6b705c", "#b7562f", "#3b3a32"),
    ("#0b3954", "#bfd7ea", "#ff6663", "#087e8b", "#f4f9fc"),
    ("#2d1e2f", "#a4508b", "#f49097", "#f2f5a0", "#fbf3f7"),
)


def write_cover(path: Path, *, album: str, artist: str) -> None:
    """Write the cover of an album as a JPEG; no reader sees an incomplete file.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    from PIL import Image, ImageDraw, ImageFont

    number = zlib.crc32(album.encode())
    palette = _PALETTES[number % len(_PALETTES)]
    side = SIDE * _FINER
    picture = Image.new("RGB", (side, side), palette[0])
    draw = ImageDraw.Draw(picture)
    _MOTIFS[number // len(_PALETTES) % len(_MOTIFS)](draw, side, palette, random.Random(number))
    for text, size, top in ((album, side // 13, 0.055), (artist, side // 24, 0.145)):
        font = ImageFont.load_default(size)
        draw.text((0.06 * side, top * side), text, palette[4], font)
    with whole_file(path) as unfinished:
        picture.reduce(_FINER).save(unfinished, "JPEG", quality=_JPEG_QUALITY)


_Palette = tuple[str, ...]


def _sun_over_waves(draw: ImageDraw, side: int, palette: _Palette, chance: random.Random) -> None:
    x, radius = chance.uniform(0.35, 0.65) * side, 0.22 * side
    draw.ellipse((x - radius, 0.5 * side - radius, x + radius, 0.5 * side + radius), palette[1])
    for layer, color in enumerate((palette[2], palette[3], palette[1])):
        middle, height, phase = (0.62 + 0.13 * layer) * side, 0.035 * side, chance.uniform(0, 7)
        top = [(i * side / 60, middle + height * math.sin(phase + i / 5)) for i in range(61)]
        draw.polygon([*top, (side, side), (0, side)], color)


def _rings(draw: ImageDraw, side: int, palette: _Palette, chance: random.Random) -> None:
    x, y = chance.uniform(0.45, 0.75) * side, chance.uniform(0.6, 0.7) * side
    for ring in range(9, 0, -1):
        radius = ring * 0.05 * side
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), palette[ring % 4])


def _bars(draw: ImageDraw, side: int, palette: _Palette, chance: random.Random) -> None:
    for bar in range(12):
        left, height = (0.06 + 0.075 * bar) * side, chance.uniform(0.1, 0.62) * side
        box = (left, 0.94 * side - height, left + 0.05 * side, 0.94 * side)
        draw.rounded_rectangle(box, 0.025 * side, palette[1 + bar % 3])


def _hills(draw: ImageDraw, side: int, palette: _Palette, chance: random.Random) -> None:
    moon = 0.09 * side
    x = chance.uniform(0.6, 0.8) * side
    draw.ellipse((x - moon, 0.32 * side - moon, x + moon, 0.32 * side + moon), palette[4])
    for layer in range(3):
        peaks = [((i + chance.uniform(-0.3, 0.3)) * side / 4, chance.uniform(0.0, 0.22)) for i in range(6)]
        ridge = [(at, (0.5 + 0.17 * layer + depth) * side) for at, depth in peaks]
        draw.polygon([(0, side), (0, ridge[0][1]), *ridge[1:], (side, side)], palette[3 - layer])


def _tiles(draw: ImageDraw, side: int, palette: _Palette, chance: random.Random) -> None:
    step = side / 6
    for row in range(2, 6):
        for column in range(6):
            left, top = column * step, row * step
            start = chance.choice((0, 90, 180, 270))
            x, y = left + step * (start in (90, 180)), top + step * (start in (180, 270))
            draw.rectangle((left, top, left + step, top + step), palette[chance.choice((0, 3))])
            draw.pieslice(
                (x - step, y - step, x + step, y + step), start, start + 90, palette[chance.choice((1, 2))]
            )


def _rays(draw: ImageDraw, side: int, palette: _Palette, chance: random.Random) -> None:
    x, far, turn = chance.uniform(0.3, 0.7) * side, 2 * side, chance.uniform(0, 10)
    box = (x - far, side - far, x + far, side + far)
    for ray in range(11):
        start = 180 + turn + ray * 16
        draw.pieslice(box, start, start + 8, palette[1 + ray % 3])
    draw.rectangle((0, 0, side, 0.22 * side), palette[0])


_MOTIFS: tuple[Callable[[Any, int, _Palette, random.Random], None], ...] = (
    _sun_over_waves,
    _rings,
    _bars,
    _hills,
    _tiles,
    _rays,
)
