import { describe, expect, it } from 'vitest';
import type { TileValidation } from '../../../src/shared/tile-use';
import type { TilesUsedMessage } from '../../../src/shared/worker-messages';
import { fakeTimers, settle, type FakeTimers } from '../fakes/timers';
import { createWorld, ORIGIN, type World } from '../fakes/world';

const PATH = '/tiles/roads/6/0/0';
const type = 'application/octet-stream';
const tile = (text: string, version: string, more: Record<string, string> = {}) =>
  new Response(text, {
    headers: { 'content-type': type, 'cache-control': 'max-age=600', etag: '"1"', 'x-tile-version': version, ...more },
  });
const confirmed = (version: string, more: Record<string, string> = {}) =>
  new Response(null, {
    status: 304,
    headers: { 'cache-control': 'max-age=600', etag: '"1"', 'x-tile-version': version, ...more },
  });

let world: World;
let clock: FakeTimers;
let cache: ReturnType<World['start']>;
let release: (response: Response) => void;

const ask = (clientId: string) => {
  const request = new Request(`${ORIGIN}${PATH}`);
  return cache.handle({ request, address: cache.match(request.url)!, clientId }).response;
};
const validations = (): TileValidation[] =>
  (world.posted as TilesUsedMessage[]).flatMap((message) =>
    message.type === 'TILES_USED' ? (message.validations ?? []) : [],
  );

/** Stores a tile of version 1, announces version 2, and makes the origin slower than the patience. */
async function begin(): Promise<void> {
  world = createWorld();
  clock = fakeTimers({ soon: 500, clock: world.clock });
  cache = world.start({ layers: { roads: { staleIfError: 86_400 } } }, clock);
  world.answer = () => tile('tile', '1');
  await world.get(cache, PATH);
  await cache.message({ type: 'CACHE_INVALIDATE', layer: 'roads', version: '2', mode: 'stale' }, undefined);
  world.clock.now += 60_000;
  world.answer = () => new Promise((resolve) => (release = resolve));
}

/** A page requests the tile and gets the stored one. The origin answers a moment later. */
async function askAndAnswer(response: () => Response): Promise<void> {
  const shown = ask('page');
  await clock.pass(1000);
  expect((await shown).headers.get('cache-status')).toContain('detail=patience');
  world.posted.length = 0;
  release(response());
  await settle(60);
}

describe('an answer of the origin after the page had its own', () => {
  it.each([
    ['confirms the tile', () => confirmed('2')],
    ['sends the same bytes again', () => tile('tile', '2'), { bytes: 4 }],
  ])('is reported if it %s: with the version in force, fresh, and with its age', async (_, response, sent?: object) => {
    await begin();
    await askAndAnswer(response);
    expect(validations()).toEqual([
      {
        ...{ layer: 'roads', tile: { z: 6, x: 0, y: 0 }, status: 'stale', duration: 1000, failed: false },
        ...{ age: 1, ttl: 599, version: '2', ...sent },
      },
    ]);
    expect(world.posted).not.toContainEqual(expect.objectContaining({ type: 'TILES_UPDATED' }));
  });

  // The second that the origin took counts as well (RFC 9111 section 4.2.3).
  it('has the age that the edge reports', async () => {
    await begin();
    await askAndAnswer(() => confirmed('2', { age: '100' }));
    expect(validations()).toMatchObject([{ age: 101, ttl: 499 }]);
  });

  it('has no version for bytes that the page has not fetched yet', async () => {
    await begin();
    await askAndAnswer(() => tile('other', '2'));
    expect(validations()).toMatchObject([{ failed: false }]);
    expect(validations()[0]).not.toHaveProperty('version');
    expect(world.posted).toContainEqual(expect.objectContaining({ type: 'TILES_UPDATED' }));
  });

  // An expired token or licence, or an unknown method: nothing confirms the tile that the map shows.
  it.each([503, 401, 403, 407, 451, 501, 206])('is reported if it fails: %i', async (status) => {
    await begin();
    await askAndAnswer(() => new Response('no', { status, headers: { 'cache-control': 'max-age=600' } }));
    expect(validations()).toMatchObject([{ failed: true }]);
    expect(validations()[0]).not.toHaveProperty('age');
    expect(world.posted).toContainEqual(
      expect.objectContaining({ type: 'TILE_NOTICE', notice: 'validationfailed', detail: 'status' }),
    );
  });

  it('is reported to every page that shows the tile, and counted once', async () => {
    await begin();
    const shown = [ask('page'), ask('page')];
    await clock.pass(1000);
    await Promise.all(shown);
    world.posted.length = 0;
    release(confirmed('2'));
    await settle(60);
    expect(world.asked).toHaveLength(2);
    expect(validations().map(({ collapsed = false, version }) => ({ collapsed, version }))).toEqual([
      { collapsed: false, version: '2' },
      { collapsed: true, version: '2' },
    ]);
  });
});
