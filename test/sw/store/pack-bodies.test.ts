import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { crc32 } from '../../../sw/store/crc32';
import { openPack, type PackItem, writePack } from '../../../sw/store/pack';
import type { Pieces } from '../../../sw/store/pack-bodies';

const item = (key: string, body: Uint8Array<ArrayBuffer>): PackItem => ({
  key,
  status: 200,
  headers: [],
  meta: '',
  body,
});

/** A part of a file in memory, and the Blob that it was read from. */
async function pieceOf(length: number, seed: number) {
  const made = Uint8Array.from({ length }, (_, at) => (at * 7 + seed * 31 + (at >> 8)) & 255);
  const blob = new Blob([made]);
  return { bytes: new Uint8Array(await blob.arrayBuffer()), blob };
}

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());
// Comparing thousands of elements one by one takes seconds.
const isSame = (one?: Uint8Array, other?: Uint8Array) => !!one && !!other && Buffer.compare(one, other) === 0;

describe('the bodies of a pack', () => {
  it('are the same bytes, whether they come from memory or from a file', async () => {
    const cut = fc.record({
      piece: fc.nat(2),
      at: fc.nat(199_999),
      length: fc.oneof(fc.nat(200), fc.integer({ min: 60_000, max: 90_000 })),
      joins: fc.boolean(),
    });
    const pieces = await Promise.all([1, 2, 3].map((seed) => pieceOf(200_000, seed)));
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 8 }), async (cuts) => {
        let end = 0;
        const bodies = cuts.map(({ piece, at, length, joins }) => {
          const from = joins ? end : at;
          const body = pieces[piece]!.bytes.subarray(from, from + length);
          end = from + body.length;
          return body;
        });
        const items = bodies.map((body, i) => item(`${i}`, body));
        // The third piece is in memory only.
        const known: Pieces = new Map(pieces.slice(0, 2).map(({ bytes, blob }) => [bytes.buffer, blob]));
        const [fromFile, fromMemory] = [writePack(items, known), writePack(items)];
        expect(isSame(await bytesOf(fromFile), await bytesOf(fromMemory))).toBe(true);
        const pack = (await openPack(fromFile))!;
        for (const [i, { key }] of items.entries())
          expect(isSame(await pack.body(pack.entries.get(key)!), bodies[i])).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('that are adjacent in a file are read as one slice', async () => {
    const { bytes, blob } = await pieceOf(200_000, 1);
    const taken = vi.spyOn(blob, 'slice');
    const part = (from: number, to: number) => item(`${from}`, bytes.subarray(from, to));
    const items = [part(0, 50_000), part(50_000, 100_000), part(120_000, 120_500), part(130_000, 200_000)];
    writePack(items, new Map([[bytes.buffer, blob]]));
    // The short body is faster from memory.
    expect(taken.mock.calls).toEqual([
      [0, 100_000],
      [130_000, 200_000],
    ]);
  });

  it('from a file that has changed since count as damaged', async () => {
    const { bytes } = await pieceOf(100_000, 1);
    const changed = new Uint8Array(bytes);
    changed[70_000]! ^= 1;
    const items = [item('kept', bytes.subarray(0, 50_000)), item('changed', bytes.subarray(50_000))];
    const pack = (await openPack(writePack(items, new Map([[bytes.buffer, new Blob([changed])]]))))!;
    expect(await pack.body(pack.entries.get('kept')!)).toEqual(items[0]!.body);
    expect(pack.entries.get('changed')!.crc).toBe(crc32(bytes.subarray(50_000)));
    expect(await pack.body(pack.entries.get('changed')!)).toBeUndefined();
  });
});
