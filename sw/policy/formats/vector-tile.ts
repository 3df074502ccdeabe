import { isPadding } from './bytes';

/** Reads consecutive varints; returns NaN for a truncated one. */
function reader(bytes: Uint8Array) {
  const from = { at: 0, varint };
  function varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 64; scale *= 128) {
      const byte = bytes[from.at++] ?? NaN;
      value += (byte & 127) * scale;
      if (!(byte & 128)) return from.at > bytes.length ? NaN : value;
    }
    return NaN;
  }
  return from;
}

/**
 * Returns why these bytes are no complete vector tile. A vector tile is a sequence of protobuf fields, and the last one
 * must end where the body or its padding begins.
 */
export function brokenVectorTile(bytes: Uint8Array): 'no MVT' | 'cut MVT' | undefined {
  const from = reader(bytes);
  while (from.at < bytes.length) {
    if (from.at > 0 && isPadding(bytes, from.at)) return undefined;
    const tag = from.varint();
    const wire = tag % 8;
    if (!(tag >= 8)) return 'no MVT';
    if (wire === 0 || wire === 2) {
      const value = from.varint();
      // A truncated varint is NaN, and so is every result computed from it.
      from.at += wire ? value : value * 0;
    } else if (wire === 1) from.at += 8;
    else if (wire === 5) from.at += 4;
    else return 'no MVT';
  }
  return from.at === bytes.length ? undefined : 'cut MVT';
}

/** True for a sequence of length-prefixed parts, such as a MapLibre Tile. */
export function isFramed(bytes: Uint8Array): boolean {
  const from = reader(bytes);
  while (from.at < bytes.length) {
    const length = from.varint();
    from.at += length;
  }
  return from.at === bytes.length;
}
