"""Draws screens so that what lies over other widgets keeps its wide characters.

Textual cuts every line where any widget begins or ends, also one that is covered. A Chinese character takes two
columns: where such a cut went through it, two spaces were drawn. Here a line is cut only where another widget is seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias, cast

from rich.cells import cell_len
from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip

TAKEN: Final = Strip([], 0)
"""Stands at a cut that a strip which begins further left goes over."""

Pieces: TypeAlias = dict[int, Strip | None]


class WholeCharacters(Compositor):
    """Puts the lines of widgets together, each in pieces as long as they are seen."""

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        lines: list[Pieces] = [dict.fromkeys(cuts[:-1]) for cuts in self.cuts]
        for region, clip, strips in self._get_renders(crop):  # the widget that lies on top comes first
            seen = region.intersection(clip)
            for y, strip in zip(seen.line_range, strips, strict=False):
                if is_rendered_line(y):
                    _fill(lines[y], strip, seen.x, seen.right)
        seen_pieces = [
            {start: strip for start, strip in line.items() if strip is not TAKEN} for line in lines
        ]
        return cast(
            "Sequence[Mapping[int, Strip]]", seen_pieces
        )  # None where nothing is drawn, as in Textual

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return what changed since the last update, with the ends of its pieces.

        What is uncovered, by a dialog that became smaller for example, may end within a character of what lies below;
        then the whole line is drawn anew.
        """
        changed = self._dirty_regions.copy()
        update = super().render_partial_update()
        if update is None:
            return None
        self._set_ends(update)
        cut = [y for y, _start, end in update.spans if _cuts_character(update, y, end)]
        if cut:
            self._dirty_regions = changed | {Region(0, y, self.size.width, 1) for y in cut}
            update = super().render_partial_update()
            if update is not None:
                self._set_ends(update)
        return update

    def _set_ends(self, update: ChopsUpdate) -> None:
        update.chop_ends = [[*list(line)[1:], self.size.width] for line in update.chops]


def _cuts_character(update: ChopsUpdate, y: int, column: int) -> bool:
    """Return whether an update that ends at a column of a line cuts a wide character."""
    for (start, strip), end in zip(update.chops[y].items(), update.chop_ends[y], strict=False):
        if strip is not None and start < column < end:
            at = start
            for char in strip.text:
                if at >= column:
                    break
                at += cell_len(char)
            return at > column
    return False


def _fill(line: Pieces, strip: Strip, left: int, right: int) -> None:
    """Put a widget's strip where nothing lies over it, in as few pieces as can be."""
    cuts = [start for start in line if left <= start < right]
    ends = [*cuts[1:], right]
    at = 0
    while at < len(cuts):
        if line[cuts[at]] is not None:
            at += 1
            continue
        first = at
        while at < len(cuts) and line[cuts[at]] is None:
            line[cuts[at]] = TAKEN
            at += 1
        line[cuts[first]] = strip.crop(cuts[first] - left, ends[at - 1] - left)
