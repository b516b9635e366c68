"""Places boxes in layers, what is needed above what needs it, with room for every arrow between them.

The usual way of layered drawing (https://en.wikipedia.org/wiki/Layered_graph_drawing): a layer for each box, an order
in each layer that crosses few arrows, then coordinates. An arrow over several layers has a place of its own in each,
so none runs through a box.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]
Ends = tuple[str, str]

_SWEEPS, _TURNS = 12, 150
_BESIDE = 20.0
_BETWEEN = 38.0
_LANE = 2.0
_PORT_INSET = 14.0
_PORTS_APART = 22.0
_WEAK_PULL, _PULL, _LANE_PULL, _CHAIN_PULL = 0.005, 3.0, 6.0, 30.0
_WORTH_A_MOVE, _STILL = 30.0, 0.1


@dataclass(frozen=True)
class Size:
    """How much room a box takes."""

    width: float
    height: float

    def turned(self) -> Size:
        """With its sides changed over."""
        return Size(self.height, self.width)


@dataclass(frozen=True)
class Layout:
    """Where each box stands (its upper left corner), and each arrow's corners, straight and curved by turns."""

    size: Size
    boxes: Mapping[str, Point]
    arrows: Mapping[Ends, tuple[Point, ...]]
    sideways: bool = False
    """Whether the layers follow each other from left to right."""

    def turned(self) -> Layout:
        """With x and y changed over: from top-down to left-right."""
        return Layout(
            self.size.turned(),
            {key: (y, x) for key, (x, y) in self.boxes.items()},
            {ends: tuple((y, x) for x, y in points) for ends, points in self.arrows.items()},
            not self.sideways,
        )


def top_down(sizes: Mapping[str, Size], arrows: Sequence[Ends], first: str = "") -> Layout:
    """The boxes in layers from top to bottom, the one named `first` in the first of them."""
    return _Layers(dict(sizes), arrows, first).layout()


def left_right(sizes: Mapping[str, Size], arrows: Sequence[Ends], first: str = "") -> Layout:
    """The boxes in layers from left to right, the one named `first` in the first of them."""
    return top_down({key: size.turned() for key, size in sizes.items()}, arrows, first).turned()


def spread(wishes: Sequence[float], distances: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The places nearest to the wishes, in the same order, with at least these distances between neighbours.

    Nearest by least squares: isotonic regression, by pooling neighbours that would stand too close.
    """
    offsets = [0.0]
    for distance in distances:
        offsets.append(offsets[-1] + distance)
    pools: list[tuple[float, float, int]] = []  # mean, weight, members
    for wish, offset, weight in zip(wishes, offsets, weights, strict=True):
        mean, total, members = wish - offset, weight, 1
        while pools and pools[-1][0] > mean:
            other, other_total, other_members = pools.pop()
            mean = (mean * total + other * other_total) / (total + other_total)
            total, members = total + other_total, members + other_members
        pools.append((mean, total, members))
    means = [mean for mean, _, members in pools for _ in range(members)]
    return [mean + offset for mean, offset in zip(means, offsets, strict=True)]


@dataclass
class _Layers:
    sizes: dict[str, Size]
    arrows: Sequence[Ends]
    first: str
    layers: list[list[str]] = field(default_factory=list[list[str]])
    centres: dict[str, float] = field(default_factory=dict[str, float])
    chain: set[Ends] = field(default_factory=set[Ends])
    """The arrows of the longest chain."""
    lanes: set[str] = field(default_factory=set[str])
    ways: dict[Ends, list[str]] = field(default_factory=dict[Ends, list[str]])
    """For each arrow the places it passes: a box, lanes, a box."""

    def layout(self) -> Layout:
        self._make_layers()
        above, below = self._neighbours()
        self._order(above, below)
        self._place(above, below)
        shift = min(self._left(place) for layer in self.layers for place in layer)
        self.centres = {place: centre - shift for place, centre in self.centres.items()}
        tops: list[float] = []
        bottoms: list[float] = []
        for layer in self.layers:
            tops.append(bottoms[-1] + _BETWEEN if bottoms else 0.0)
            bottoms.append(tops[-1] + max(self.sizes[place].height for place in layer))
        level = {place: index for index, layer in enumerate(self.layers) for place in layer}
        return Layout(
            Size(max(self._right(place) for layer in self.layers for place in layer), bottoms[-1]),
            {box: (self._left(box), tops[level[box]]) for box in self.sizes if box not in self.lanes},
            self._routes(level, tops, bottoms),
        )

    def _left(self, place: str) -> float:
        return self.centres[place] - self.sizes[place].width / 2

    def _right(self, place: str) -> float:
        return self.centres[place] + self.sizes[place].width / 2

    def _make_layers(self) -> None:
        before: dict[str, list[str]] = {box: [] for box in self.sizes}
        after: dict[str, list[str]] = {box: [] for box in self.sizes}
        for one, other in self.arrows:
            before[other].append(one)
            after[one].append(other)
        level: dict[str, int] = {}

        def level_of(box: str) -> int:
            if box not in level:
                level[box] = 1 + max((level_of(one) for one in before[box]), default=-1)
            return level[box]

        for box in self.sizes:
            level_of(box)
        rest: dict[str, int] = {}

        def rest_of(box: str) -> int:
            if box not in rest:
                rest[box] = 1 + max((rest_of(other) for other in after[box]), default=-1)
            return rest[box]

        longest = max(level.values())
        self.chain = {(one, other) for one, other in self.arrows if level[one] + 1 + rest_of(other) == longest}
        for box in self.sizes:  # what needs nothing stands near what needs it
            if after[box] and not before[box] and box != self.first:
                level[box] = min(level[other] for other in after[box]) - 1
        self.layers = [[] for _ in range(max(level.values()) + 1)]
        for box in self.sizes:
            self.layers[level[box]].append(box)
        for one, other in self.arrows:
            way = [one]
            for index in range(level[one] + 1, level[other]):
                lane = f"{one} > {other} @ {index}"
                self.sizes[lane] = Size(_LANE, 0)
                self.lanes.add(lane)
                self.layers[index].append(lane)
                way.append(lane)
            self.ways[one, other] = [*way, other]

    def _neighbours(self) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
        above: dict[str, list[str]] = defaultdict(list)
        below: dict[str, list[str]] = defaultdict(list)
        for way in self.ways.values():
            for upper, lower in itertools.pairwise(way):
                above[lower].append(upper)
                below[upper].append(lower)
        return above, below

    def _order(self, above: Mapping[str, list[str]], below: Mapping[str, list[str]]) -> None:
        """Sort each layer by where its neighbours stand, downwards and upwards in turn; keep the best seen."""
        best = [list(layer) for layer in self.layers]
        fewest = self._crossings(below)
        for sweep in range(_SWEEPS):
            neighbours = (above, below)[sweep % 2]
            for layer in self.layers if neighbours is above else self.layers[::-1]:
                rank = {
                    place: index / max(len(other) - 1, 1) for other in self.layers for index, place in enumerate(other)
                }
                layer.sort(
                    key=lambda place, rank=rank, neighbours=neighbours: (
                        sum(rank[other] for other in neighbours.get(place, [place]))
                        / len(neighbours.get(place, [place]))
                    )
                )
            if (crossings := self._crossings(below)) < fewest:
                fewest, best = crossings, [list(layer) for layer in self.layers]
        self.layers = best

    def _crossings(self, below: Mapping[str, list[str]]) -> int:
        count = 0
        for upper, lower in zip(self.layers, self.layers[1:], strict=False):
            rank = {place: index for index, place in enumerate(lower)}
            ends = [(index, rank[other]) for index, place in enumerate(upper) for other in below.get(place, [])]
            count += sum(a < c and b > d for a, b in ends for c, d in ends)
        return count

    def _place(self, above: Mapping[str, list[str]], below: Mapping[str, list[str]]) -> None:
        """Move every layer towards its neighbours, over and over."""
        for layer in self.layers:
            widths = [self.sizes[place].width for place in layer]
            left = -(sum(widths) + _BESIDE * (len(layer) - 1)) / 2
            for place, width in zip(layer, widths, strict=True):
                self.centres[place] = left + width / 2
                left += width + _BESIDE
        for turn in range(_TURNS):
            before = dict(self.centres)
            for layer in self.layers if turn % 2 else self.layers[::-1]:
                pulls = [self._pull(place, [*above.get(place, []), *below.get(place, [])]) for place in layer]
                widths = [self.sizes[place].width for place in layer]
                apart = [(one + other) / 2 + _BESIDE for one, other in itertools.pairwise(widths)]
                places = spread([wish for wish, _ in pulls], apart, [weight for _, weight in pulls])
                self.centres.update(zip(layer, places, strict=True))
            if max(abs(before[place] - centre) for place, centre in self.centres.items()) < _STILL:
                return

    def _pull(self, place: str, others: Sequence[str]) -> tuple[float, float]:
        """Where a place's neighbours pull it, and how hard.

        Everything is pulled until a straight arrow is possible. The longest chain goes on until it is one straight
        column, and so do the lanes of an arrow; other boxes hardly do.
        """
        here, total, weights = self.centres[place], 0.0, 0.0
        low, high = self._span(place)
        for other in others:
            other_low, other_high = self._span(other)
            miss = max(other_low - high, 0.0) - max(low - other_high, 0.0)
            pull, centre_pull = _PULL, _WEAK_PULL
            if place in self.lanes or other in self.lanes:
                pull, centre_pull = _LANE_PULL, _LANE_PULL if {place, other} <= self.lanes else 0.0
            else:
                miss = min(max(miss, -_WORTH_A_MOVE), _WORTH_A_MOVE)
                if (place, other) in self.chain or (other, place) in self.chain:
                    centre_pull = _CHAIN_PULL
            total += pull * (here + miss) + centre_pull * self.centres[other]
            weights += pull + centre_pull
        return (total / weights, weights) if weights else (here, _PULL)

    def _span(self, place: str) -> tuple[float, float]:
        """Where arrows may leave a place, or arrive."""
        inset = min(_PORT_INSET, self.sizes[place].width / 2)
        return self._left(place) + inset, self._right(place) - inset

    def _routes(
        self, level: Mapping[str, int], tops: Sequence[float], bottoms: Sequence[float]
    ) -> dict[Ends, tuple[Point, ...]]:
        leaving, arriving = self._ports()
        routes: dict[Ends, tuple[Point, ...]] = {}
        for ends, way in self.ways.items():
            box = way[0]
            points: list[Point] = [(leaving[ends], tops[level[box]] + self.sizes[box].height)]
            points.append((leaving[ends], bottoms[level[box]]))
            for lane in way[1:-1]:
                points += [(self.centres[lane], side[level[lane]]) for side in (tops, bottoms)]
            arrives = (arriving[ends], tops[level[way[-1]]])
            routes[ends] = (*points, arrives)
        return routes

    def _ports(self) -> tuple[dict[Ends, float], dict[Ends, float]]:
        """Where arrows leave the boxes above and arrive at those below: straight down wherever that is possible."""
        sides: dict[tuple[str, int], list[tuple[float, float, Ends]]] = defaultdict(list)
        for ends, way in self.ways.items():
            for side, (here, there) in enumerate(((way[0], way[1]), (way[-1], way[-2]))):
                sides[here, side].append((self._wish(here, there), self.centres[there], ends))
        ports: tuple[dict[Ends, float], dict[Ends, float]] = ({}, {})
        for (box, side), wishes in sides.items():
            wishes.sort(key=lambda wish: (wish[1], wish[0], wish[2]))
            low, high = self._span(box)
            apart = [min(_PORTS_APART, (high - low) / len(wishes))] * (len(wishes) - 1)
            places = spread([wish for wish, _, _ in wishes], apart, [1.0] * len(wishes))
            ports[side].update({ends: place for (_, _, ends), place in zip(wishes, places, strict=True)})
        return ports

    def _wish(self, here: str, there: str) -> float:
        low, high = self._span(here)
        other_low, other_high = self._span(there)
        narrower = min((here, there), key=lambda box: (self.sizes[box].width, box))
        aim = min(max(self.centres[narrower], other_low), other_high)
        return min(max(aim, low), high)
