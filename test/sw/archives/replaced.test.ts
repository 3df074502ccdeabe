import { expect, it } from 'vitest';
import { pmtiles } from '../../../sw/pmtiles';
import { createWorld } from '../fakes/world';
import { archiveOf, createArchiveHost, labelled, pyramid } from './archive-host';

/** The number of tiles to read. For a long run: `ARCHIVE_READS=10000`. */
const READS = Number(process.env['ARCHIVE_READS'] ?? 1000);
const REPLACED = 20;
const ZOOM = 6;

it('a file that is replaced repeatedly is never mixed, no old tile appears after a switch, and the tiles that were read are answered offline', async () => {
  // All editions have the same offsets, so only the ETag distinguishes them.
  const files = [];
  for (let i = 0; i <= REPLACED; i += 1)
    files.push(await archiveOf(pyramid(`e${String(i).padStart(2, '0')}`, ZOOM), { tileType: 'unknown' }));
  const host = createArchiveHost(files[0]!);
  const world = createWorld();
  world.answer = (request) => host.answer(request);
  const layers = { roads: { archive: '/data/roads.pmtiles', versionPolicy: 'discard' as const } };
  const cache = world.start({ layers, archives: pmtiles() });
  let seed = 5;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;

  const versions = new Map<string, number>();
  /** The answers from the last edition. */
  const last = new Map<string, string>();
  let current = 0;
  /** The highest edition so far. No later answer may be older. */
  let seen = 0;
  const read = async () => {
    const tile = { z: ZOOM, x: random(2 ** ZOOM), y: random(2 ** ZOOM) };
    const known = seen;
    const path = `/tiles/roads/${tile.z}/${tile.x}/${tile.y}`;
    const response = await world.get(cache, path);
    const text = await response.text();
    const edition = Number(text.slice(1, 3));
    expect(text).toBe(new TextDecoder().decode(labelled(`e${text.slice(1, 3)}`, tile)));
    expect(edition).toBeGreaterThanOrEqual(known);
    expect(edition).toBeLessThanOrEqual(current);
    const label = response.headers.get('x-tile-version')!;
    expect(versions.get(label) ?? edition).toBe(edition);
    versions.set(label, edition);
    seen = Math.max(seen, edition);
    if (edition === REPLACED) last.set(path, text);
  };
  const slice = READS / REPLACED;
  for (current = 0; current < REPLACED;) {
    for (let at = 0; at < slice; at += 20) {
      const reading = Array.from({ length: 20 }, read);
      // Replace the file while a view loads.
      if (at + 20 >= slice) {
        await Promise.resolve();
        current += 1;
        host.file = files[current]!;
      }
      await Promise.all(reading);
    }
  }
  await Promise.all(Array.from({ length: 40 }, read));
  expect(seen).toBe(REPLACED);
  world.answer = () => Promise.reject(new TypeError('no network'));
  world.clock.now += 86_400_000;
  const later = world.start({ layers, archives: pmtiles() });
  for (let x = 0; x < 2 ** ZOOM; x += 1)
    for (let y = 0; y < 2 ** ZOOM; y += 8)
      last.set(`/tiles/roads/${ZOOM}/${x}/${y}`, last.get(`/tiles/roads/${ZOOM}/${x}/${y}`) ?? '');
  for (const [path, text] of last) expect(await (await world.get(later, path)).text()).toBe(text);
  expect(versions.size).toBeLessThanOrEqual(REPLACED + 1);
});
