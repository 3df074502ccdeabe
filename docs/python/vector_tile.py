"""Makes a vector tile without dependencies: a square that fills the tile and names its edition. In your origin, use PostGIS'
ST_AsMVT, mapbox-vector-tile or tippecanoe instead."""

EXTENT = 4096


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def block(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def vector_tile(layer: str, edition: str) -> bytes:
    """Returns the tile's bytes (Vector Tile Specification 2.1)."""
    right, left = EXTENT * 2, EXTENT * 2 - 1  # Zigzag: +EXTENT and -EXTENT.
    # MoveTo 0,0; LineTo three corners; ClosePath.
    square = [9, 0, 0, 26, right, 0, 0, right, left, 0, 15]
    feature = (
        number(1, 1)
        + block(2, varint(0) + varint(0))  # Tags: the first key, the first value.
        + number(3, 3)  # A polygon.
        + block(4, b"".join(varint(each) for each in square))
    )
    value = block(1, edition.encode())
    body = block(1, layer.encode()) + block(2, feature) + block(3, b"edition") + block(4, value)
    return block(3, body + number(5, EXTENT) + number(15, 2))
