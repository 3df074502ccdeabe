"""Packs and reads lists of changed tiles, as `npx sw-tile-cache publish --expire` does: a quadtree for each zoom, with four bits
for each node. docs/versions.md describes the format."""

import base64
import math
import re
from typing import Dict, List, Sequence, Set, Tuple

MAX_LENGTH = 200_000
MAX_LINES = 20_000
MAX_ZOOM = 26
# The most nodes of a level from which the box is computed. Further levels would make it a little tighter, and take longer.
ENOUGH = 2048


def pack(lines: Sequence[str]) -> str:
    """Packs lines `z/x/y` into a list. Raises ValueError for a line that names no tile."""
    if not 0 < len(lines) <= MAX_LINES:
        raise ValueError(f"tiles must be 1 to {MAX_LINES} lines, or a packed list")
    by_zoom: Dict[int, Set[Tuple[int, int]]] = {}
    for line in lines:
        parts = re.fullmatch(r"\s*(\d{1,2})/(\d{1,10})/(\d{1,10})\s*", line, re.ASCII) if isinstance(line, str) else None
        z, x, y = map(int, parts.groups()) if parts else (99, 0, 0)
        if z > MAX_ZOOM or max(x, y) >= 1 << z:
            raise ValueError("tiles must be lines z/x/y, such as 12/2200/1343")
        by_zoom.setdefault(z, set()).add((x, y))
    data = bytearray([1])
    for z, tiles in sorted(by_zoom.items()):
        data += bytes([z, z]) + tree(z, tiles)
    packed = base64.urlsafe_b64encode(data).decode().rstrip("=")
    if len(packed) > MAX_LENGTH:
        raise ValueError("tiles: these are too many for one list, publish boxes")
    return packed


def tree(zoom: int, tiles: Set[Tuple[int, int]]) -> bytes:
    """Returns the nodes, level by level. Each has a bit for each quarter that contains tiles."""
    levels: List[List[int]] = []
    for _ in range(zoom):
        above: Dict[Tuple[int, int], int] = {}
        for x, y in tiles:
            at = (x >> 1, y >> 1)
            above[at] = above.get(at, 0) | 1 << ((x & 1) | (y & 1) << 1)
        levels.append([bits for _, bits in sorted(above.items(), key=lambda node: interleaved(*node[0]))])
        tiles = set(above)
    nodes = [bits for level in reversed(levels) for bits in level] + [0]
    return bytes(nodes[i] | nodes[i + 1] << 4 for i in range(0, len(nodes) - 1, 2))


def interleaved(x: int, y: int) -> int:
    return sum((x >> bit & 1) << 2 * bit | (y >> bit & 1) << 2 * bit + 1 for bit in range(MAX_ZOOM))


def around(packed: str) -> "Tuple[List[float], List[int]]":
    """Returns the box and the zooms around a packed list, for clients that do not understand lists. Raises ValueError if it is
    invalid."""
    wrong = ValueError("tiles must be a list of lines z/x/y, or a list that sw-tile-cache packed")
    if not re.fullmatch(r"[\w-]{1,200000}", packed, re.ASCII):
        raise wrong
    try:
        data = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_")
    except ValueError:
        raise wrong from None
    if len(data) < 3 or data[0] != 1:
        raise wrong
    edges, zooms, at = [math.inf, math.inf, -math.inf, -math.inf], [99, 0], 1
    while at < len(data):
        if at + 1 >= len(data) or not data[at] <= data[at + 1] <= 30:
            raise wrong
        low, high = data[at], data[at + 1]
        end = read_tree(data, at + 2, high, edges)
        if end is None:
            raise wrong
        zooms, at = [min(zooms[0], low), max(zooms[1], high)], end
    west, north, east, south = edges
    return [west * 360 - 180, latitude(south), east * 360 - 180, latitude(north)], zooms


def read_tree(data: bytes, start: int, depth: int, edges: list) -> "int | None":
    """Widens the edges (as shares of the world) to include the tree. Returns the offset after it, or None if it is cut short."""
    # The places of the level's nodes while they are few; later only their number.
    nodes, first, width = [(0, 0)], 0, 1
    for level in range(depth):
        if start + (first + width + 1) // 2 > len(data):
            return None
        bits = [data[start + (node >> 1)] >> 4 * (node & 1) & 15 for node in range(first, first + width)]
        below = []
        for (x, y), each in zip(nodes, bits):
            if each == 0:
                # A full node: the list contains everything beneath it, and no nodes follow for it.
                widen(edges, x, y, level)
            below += [(2 * x + (q & 1), 2 * y + (q >> 1)) for q in range(4) if each >> q & 1]
        nodes = below
        if len(nodes) > ENOUGH:
            for x, y in nodes:
                widen(edges, x, y, level + 1)
            nodes = []
        first, width = first + width, sum(bin(each).count("1") for each in bits)
    for x, y in nodes:
        widen(edges, x, y, depth)
    return start + (first + 1) // 2


def widen(edges: list, x: int, y: int, level: int) -> None:
    size = 1 << level
    edges[0], edges[1] = min(edges[0], x / size), min(edges[1], y / size)
    edges[2], edges[3] = max(edges[2], (x + 1) / size), max(edges[3], (y + 1) / size)


def latitude(share: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share))))
