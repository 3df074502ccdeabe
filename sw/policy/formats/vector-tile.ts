import { isPadding } from './bytes';

/** What speaks against a vector tile, a sequence of protobuf fields: the last one has to end where the body or its padding does. */
export function brokenVectorTile(bytes: Uint8Array): 'no MVT' | 'cut MVT' | undefined {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 64; scale *= 128) {
      const byte = bytes[at++] ?? NaN;
      value += (byte & 127) * scale;
      if (!(byte & 128)) return at > bytes.length ? NaN : value;
    }
    return NaN;
  };
  while (at < bytes.length) {
    if (at > 0 && isPadding(bytes, at)) return undefined;
    const tag = varint();
    const wire = tag % 8;
    if (!(tag >= 8)) return 'no MVT';
    if (wire === 0 || wire === 2) {
      const value = varint();
      // A cut number is NaN, and so is all that is reckoned with it.
      at += wire ? value : value * 0;
    } else if (wire === 1) at += 8;
    else if (wire === 5) at += 4;
    else return 'no MVT';
  }
  return at === bytes.length ? undefined : 'cut MVT';
}
