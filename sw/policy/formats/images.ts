import { find, latin, viewOf } from './bytes';
import { cutTiff } from './tiff';

/** A picture identified by its bytes. `cut`: its end is missing. Bytes after the end do not matter. */
export interface Picture {
  name: string;
  mime: string;
  cut: boolean;
}

/** Identifies the picture that these bytes begin with; `undefined` for any other content. */
export function readPicture(bytes: Uint8Array): Picture | undefined {
  const head = latin(bytes, 0, 12);
  const is = (name: string, cut: (bytes: Uint8Array) => boolean): Picture => ({
    name,
    mime: `image/${name.toLowerCase()}`,
    cut: cut(bytes),
  });
  if (/^\x89PNG/.test(head)) return is('PNG', cutPng);
  if (/^\xff\xd8\xff/.test(head)) return is('JPEG', cutJpeg);
  if (/^GIF8[79]a/.test(head)) return is('GIF', cutGif);
  if (/^RIFF[^]{4}WEBP/.test(head)) return is('WebP', (all) => viewOf(all).getUint32(4, true) + 8 > all.length);
  if (/^[^]{4}ftyp(avi[fs]|heic|heix|mif1|msf1)/.test(head)) return is('AVIF', cutBoxes);
  if (/^(II\*\0|MM\0\*)/.test(head)) return is('TIFF', cutTiff);
  return undefined;
}

/** Walks the chunks; IEND is the last (PNG section 5). */
function cutPng(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  let at = 8;
  while (at + 12 <= bytes.length) {
    const type = latin(bytes, at + 4, at + 8);
    // The chunk is damaged, but a decoder may tolerate that: then only the end marker decides.
    if (!/^[a-z]{4}$/i.test(type)) return find(bytes, [0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82], at) < 0;
    if (type === 'IEND') return false;
    at += 12 + view.getUint32(at);
  }
  return true;
}

/** Walks the segments and the coded data, which ends at the next marker; EOI is the last (T.81 annex B). */
function cutJpeg(bytes: Uint8Array): boolean {
  let at = 2;
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff) return find(bytes, [0xff, 0xd9], at) < 0;
    const marker = bytes[at + 1]!;
    if (marker === 0xd9) return false;
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += 2;
      continue;
    }
    if (at + 3 >= bytes.length) return true;
    at += 2 + bytes[at + 2]! * 256 + bytes[at + 3]!;
    if (marker === 0xda) at = endOfScan(bytes, at);
  }
  return true;
}

/** The offset of the next marker. Stuffed bytes and restart markers belong to the coded data. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}

/** Walks the blocks; the trailer is the last (GIF89a section 27). */
function cutGif(bytes: Uint8Array): boolean {
  const table = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + table(bytes[10] ?? 0);
  while (at < bytes.length) {
    const block = bytes[at]!;
    if (block === 0x3b) return false;
    if (block === 0x21) at += 2;
    else if (block === 0x2c) at += 11 + table(bytes[at + 9] ?? 0);
    else return bytes.indexOf(0x3b, at) < 0;
    while (at < bytes.length && bytes[at] !== 0) at += 1 + bytes[at]!;
    at += 1;
  }
  return true;
}

/** Walks the boxes of ISO/IEC 14496-12. A picture needs its description (`meta`) and its data (`mdat` or `idat`). */
function cutBoxes(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  const seen = new Set<string>();
  let at = 0;
  while (at + 8 <= bytes.length) {
    const type = latin(bytes, at + 4, at + 8);
    if (!/^[\w ]{4}$/.test(type)) break;
    seen.add(type);
    let size = view.getUint32(at);
    if (size === 0) size = bytes.length - at;
    if (size === 1) size = at + 16 > bytes.length ? Infinity : Number(view.getBigUint64(at + 8));
    if (size < 8) break;
    at += size;
    if (at > bytes.length) return true;
  }
  return !seen.has('meta') || !(seen.has('mdat') || find(bytes, [0x69, 0x64, 0x61, 0x74]) >= 0);
}
