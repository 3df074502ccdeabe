import { isPadding } from './bytes';

/** Reads numbers of variable length one after another; NaN for one that is cut. */
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

/** What speaks against a vector tile, a sequence of protobuf fields: the last one has to end where the body or its padding does. */
export function brokenVectorTile(bytes: Uint8Array): 'no MVT' | 'cut MVT' | undefined {
  const from = reader(bytes);
  while (from.at < bytes.length) {
    if (from.at > 0 && isPadding(bytes, from.at)) return undefined;
    const tag = from.varint();
    const wire = tag % 8;
    if (!(tag >= 8)) return 'no MVT';
    if (wire === 0 || wire === 2) {
      const value = from.varint();
      // A cut number is NaN, and so is all that is reckoned with it.
      from.at += wire ? value : value * 0;
    } else if (wire === 1) from.at += 8;
    else if (wire === 5) from.at += 4;
    else return 'no MVT';
  }
  return from.at === bytes.length ? undefined : 'cut MVT';
}

/** A sequence of lengths and what they are the lengths of, as MapLibre Tiles are. */
export function isFramed(bytes: Uint8Array): boolean {
  const from = reader(bytes);
  while (from.at < bytes.length) {
    const length = from.varint();
    from.at += length;
  }
  return from.at === bytes.length;
}
