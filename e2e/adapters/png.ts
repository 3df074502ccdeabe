import { inflateSync } from 'node:zlib';

const table = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c >>> 0;
});

function crc(data: Uint8Array): number {
  let c = ~0;
  for (const byte of data) c = table[(c ^ byte) & 255]! ^ (c >>> 8);
  return ~c >>> 0;
}

/** Encodes one chunk of a PNG. */
export function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc(body), body.length + 4);
  return out;
}

export interface Picture {
  width: number;
  height: number;
  /** Returns red, green and blue of a pixel. */
  at(x: number, y: number): [number, number, number];
}

/**
 * Undoes the filter of a row in place: the byte to the left, the one above, or both, were subtracted (PNG, section 9).
 */
function unfilter(filter: number, row: Uint8Array, above: Uint8Array, bytes: number): void {
  const { length } = row;
  if (filter === 1) for (let i = bytes; i < length; i++) row[i] = row[i]! + row[i - bytes]!;
  if (filter === 2) for (let i = 0; i < length; i++) row[i] = row[i]! + above[i]!;
  if (filter === 3)
    for (let i = 0; i < length; i++) row[i] = row[i]! + (((i < bytes ? 0 : row[i - bytes]!) + above[i]!) >> 1);
  if (filter !== 4) return;
  for (let i = 0; i < length; i++) {
    const [a, b, c] = i < bytes ? [0, above[i]!, 0] : [row[i - bytes]!, above[i]!, above[i - bytes]!];
    const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
    row[i] = row[i]! + (pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
  }
}

/** Decodes a browser's screenshot: eight bits, RGB or RGBA, not interlaced. */
export function decodePng(file: Buffer): Picture {
  const parts: Buffer[] = [];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at))
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
  const width = file.readUInt32BE(16);
  const height = file.readUInt32BE(20);
  const bytes = file[25] === 6 ? 4 : 3;
  const raw = inflateSync(Buffer.concat(parts));
  const stride = width * bytes;
  const rowAt = (y: number) => raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1));
  for (let y = 0, above: Uint8Array = new Uint8Array(stride); y < height; above = rowAt(y++))
    unfilter(raw[y * (stride + 1)]!, rowAt(y), above, bytes);
  return {
    width,
    height,
    at(x, y) {
      const i = y * (stride + 1) + 1 + x * bytes;
      return [raw[i]!, raw[i + 1]!, raw[i + 2]!];
    },
  };
}
