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

/** One chunk of a PNG. */
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
  /** Red, green, blue at a pixel. */
  at(x: number, y: number): [number, number, number];
}

const paeth = (a: number, b: number, c: number) => {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
};

/** Decodes what the browser's screenshots are: eight bits, RGB or RGBA, not interlaced. */
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
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)]!;
    for (let i = 0; i < stride; i++) {
      const a = i >= bytes ? out[y * stride + i - bytes]! : 0;
      const b = y ? out[(y - 1) * stride + i]! : 0;
      const c = y && i >= bytes ? out[(y - 1) * stride + i - bytes]! : 0;
      const predicted = [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter]!;
      out[y * stride + i] = raw[y * (stride + 1) + 1 + i]! + predicted;
    }
  }
  return {
    width,
    height,
    at(x, y) {
      const i = y * stride + x * bytes;
      return [out[i]!, out[i + 1]!, out[i + 2]!];
    },
  };
}
