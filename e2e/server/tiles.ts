import { crc32, deflateSync } from 'node:zlib';

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(checksum(body), body.length + 4);
  return out;
}

const checksum = crc32 ?? slowCrc32;

/** CRC-32 for older versions of Node, which have no `zlib.crc32`. */
function slowCrc32(data: Uint8Array): number {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** Returns a valid PNG that contains `label` as text, so that tests can tell tiles apart by their bytes. */
export function png(label: string, { size = 8, padding = 0 } = {}): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 0, 0, 0, 0], 8); // eight bits of grey
  // Each row begins with the number of its filter: none.
  const pixels = deflateSync(Buffer.alloc(size * (size + 1), Buffer.from([0, ...Array<number>(size).fill(0x80)])));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('tEXt', Buffer.from(`label\0${label}${' '.repeat(padding)}\0`, 'latin1')),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Returns a vector tile (MVT 2.1) with one empty layer of this name. */
export function mvt(label: string): Buffer {
  const name = Buffer.from(label, 'utf8').subarray(0, 100);
  // Layer: version (field 15) = 2, name (field 1), extent (field 5) = 4096; the tile's field 3 is a layer.
  const layer = Buffer.concat([Buffer.from([0x78, 2, 0x0a, name.length]), name, Buffer.from([0x28, 0x80, 0x20])]);
  return Buffer.concat([Buffer.from([0x1a, layer.length]), layer]);
}

/** Returns the label in a body of `png` or `mvt`, or in the test server's JSON. */
export function labelOf(body: Uint8Array): string | undefined {
  const text = Buffer.from(body).toString('latin1');
  const found =
    /label\0([^\0]*?) *\0/.exec(text) ??
    /\x78\x02\x0a.([ -~]+?)\x28\x80\x20/s.exec(text) ??
    /"label":"([^"]*)"/.exec(text);
  return found?.[1];
}
