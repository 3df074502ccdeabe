import { crc32, deflateSync, inflateSync } from 'node:zlib';

/**
 * Reduces a screenshot (eight bits, RGB or RGBA, not interlaced) to 256 colours. A map has few colours, so the file shrinks to
 * a third without visible loss.
 * @param {Buffer} file
 */
export function shrinkPng(file) {
  const { width, height, pixels } = decode(file);
  const palette = choosePalette(pixels);
  const nearest = new Map();
  const rows = Buffer.alloc((width + 1) * height);
  for (let at = 0; at < pixels.length; at += 1) {
    const colour = pixels[at];
    if (!nearest.has(colour)) nearest.set(colour, closest(palette, colour));
    rows[at + Math.floor(at / width) + 1] = nearest.get(colour);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const chunks = [
    chunk('IHDR', header),
    chunk('PLTE', colours),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([file.subarray(0, 8), ...chunks]);
}

function decode(file) {
  const parts = [];
  for (let at = 8; at < file.length; at += 12 + file.readUInt32BE(at)) {
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)));
  }
  const [width, height, step] = [file.readUInt32BE(16), file.readUInt32BE(20), file[25] === 6 ? 4 : 3];
  const raw = inflateSync(Buffer.concat(parts));
  const line = width * step;
  const pixels = new Uint32Array(width * height);
  let above = Buffer.alloc(line);
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (line + 1)];
    const row = Buffer.from(raw.subarray(y * (line + 1) + 1, (y + 1) * (line + 1)));
    for (let x = 0; x < line; x += 1)
      row[x] = (row[x] + predict(filter, row[x - step] ?? 0, above[x], x < step ? 0 : above[x - step])) & 255;
    for (let x = 0; x < width; x += 1)
      pixels[y * width + x] = (row[x * step] << 16) | (row[x * step + 1] << 8) | row[x * step + 2];
    above = row;
  }
  return { width, height, pixels };
}

/** The five filters of PNG (ISO 15948 section 9.2). */
function predict(filter, left, up, corner) {
  if (filter < 4) return [0, left, up, (left + up) >> 1][filter];
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(left + up - corner - value));
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/**
 * Returns the most frequent colours, and then those farthest from the chosen ones, so that rare colours are not lost.
 */
function choosePalette(pixels) {
  const counts = new Map();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const byCount = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 6000)
    .map(([colour]) => colour);
  const palette = byCount.slice(0, 96);
  const rest = byCount.slice(96).map((colour) => ({
    colour,
    far: distance(palette[closest(palette, colour)], colour) * Math.sqrt(counts.get(colour)),
  }));
  while (palette.length < 256 && rest.length > 0) {
    const best = rest.reduce((a, b) => (b.far > a.far ? b : a));
    palette.push(best.colour);
    for (const entry of rest)
      entry.far = Math.min(entry.far, distance(best.colour, entry.colour) * Math.sqrt(counts.get(entry.colour)));
  }
  return palette;
}

function distance(a, b) {
  return (
    Math.abs((a >> 16) - (b >> 16)) + Math.abs(((a >> 8) & 255) - ((b >> 8) & 255)) + Math.abs((a & 255) - (b & 255))
  );
}

function closest(palette, colour) {
  let best = 0;
  for (let at = 1; at < palette.length; at += 1)
    if (distance(palette[at], colour) < distance(palette[best], colour)) best = at;
  return best;
}

function chunk(type, data) {
  const out = Buffer.alloc(data.length + 12);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, data.length + 8)), data.length + 8);
  return out;
}
