import zlib from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../sw/store/crc32';
import { openPack, type PackItem, writePack } from '../../../sw/store/pack';
import { seeded } from '../fakes/seeded';

const item = fc.record({
  key: fc.string({ minLength: 1, maxLength: 30 }),
  status: fc.constantFrom(200, 204, 404),
  headers: fc.array(fc.tuple(fc.constantFrom('etag', 'date', 'content-type'), fc.string({ maxLength: 10 })), {
    maxLength: 3,
  }),
  meta: fc.string({ maxLength: 20 }),
  body: fc.uint8Array({ maxLength: 60 }).map((bytes) => new Uint8Array(bytes)),
});
const blobOf = (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]);
const written = async (items: readonly PackItem[]) => new Uint8Array(await writePack(items).arrayBuffer());

describe('a pack', () => {
  it('returns what was put in, the last body of each key', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 12 }), async (items) => {
        const pack = (await openPack(writePack(items)))!;
        const wanted = new Map(items.map((one) => [one.key, one]));
        expect([...pack.entries.keys()]).toEqual([...wanted.keys()]);
        for (const [key, { status, headers, meta, body }] of wanted) {
          const entry = pack.entries.get(key)!;
          expect(entry).toMatchObject({ status, headers, meta, length: body.length, crc: crc32(body) });
          expect(await pack.body(entry)).toEqual(body);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is unreadable if it is truncated, at any byte', async () => {
    const items: PackItem[] = ['a', 'b', 'c'].map((key) => ({
      key,
      status: 200,
      headers: [['etag', key]],
      meta: key,
      body: Uint8Array.of(1, 2, 3, key.charCodeAt(0)),
    }));
    const bytes = await written(items);
    for (let length = 0; length < bytes.length; length += 1)
      expect(await openPack(blobOf(bytes.slice(0, length))), `cut at ${length}`).toBeUndefined();
    expect(await openPack(blobOf(new Uint8Array([...bytes, 0])))).toBeUndefined();
  });

  it('returns no damaged bytes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { minLength: 1, maxLength: 6 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (items, at, flip) => {
          const bytes = await written(items);
          bytes[at % bytes.length]! ^= flip;
          const pack = await openPack(blobOf(bytes));
          if (!pack) return;
          const wanted = new Map(items.map((one) => [one.key, one]));
          for (const entry of pack.entries.values()) {
            const body = await pack.body(entry);
            if (body) expect(body).toEqual(wanted.get(entry.key)?.body);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('contains equal bodies once', async () => {
    const sea = crypto.getRandomValues(new Uint8Array(1000));
    const items = Array.from({ length: 100 }, (_, i): PackItem => ({
      key: `https://map.example/__stc/@sea/9/${i}/7.png?__stc=`,
      status: 200,
      headers: [
        ['content-type', 'image/png'],
        ['etag', `"${i}"`],
      ],
      meta: `${1767225600000 + i},${1767225600100 + i},abcdef12,3,v1,,`,
      body: i < 70 ? new Uint8Array(sea) : crypto.getRandomValues(new Uint8Array(1000)),
    }));
    const bytes = await written(items);
    // A third of the size of the bodies, plus the table.
    expect(bytes.length).toBeLessThan(31 * 1000 + 100 * 170);
    const pack = (await openPack(blobOf(bytes)))!;
    expect(await pack.body(pack.entries.get(items[69]!.key)!)).toEqual(sea);
  });

  it('computes the checksum of zip files', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    expect(crc32(new TextEncoder().encode('6789'), crc32(new TextEncoder().encode('12345')))).toBe(0xcbf43926);
    const random = seeded(5);
    for (let length = 0; length < 40; length += 1) {
      const bytes = Uint8Array.from({ length }, () => random() * 256);
      const cut = Math.floor(random() * length);
      expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut))), `${length} bytes`).toBe(zlib.crc32(bytes));
    }
  });
});
