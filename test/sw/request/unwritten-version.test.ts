// A version that the ledger cannot write (on a full disk, or to a hanging database) is still in force as long as this worker
// runs, because pages announce it again with each check.
import { afterEach, describe, expect, it } from 'vitest';
import type { TileCacheOptions } from '../../../sw/options';
import { createWorld } from '../fakes/world';

const { transaction } = IDBDatabase.prototype;
afterEach(() => void (IDBDatabase.prototype.transaction = transaction));

/** Makes all writes to databases fail from now on. */
function fillDisk(): void {
  IDBDatabase.prototype.transaction = function (this: IDBDatabase, ...asked: Parameters<typeof transaction>) {
    if (asked[1] === 'readwrite') throw new DOMException('full', 'QuotaExceededError');
    return transaction.apply(this, asked);
  } as typeof transaction;
}

async function setUp(options: TileCacheOptions = {}, labelled = true) {
  const world = createWorld();
  let content = '1';
  world.answer = ({ headers }) => {
    const etag = `"${content}"`;
    const said = { etag, 'cache-control': 'max-age=86400', ...(labelled && { 'x-tile-version': content }) };
    return headers.get('if-none-match') === etag
      ? new Response(null, { status: 304, headers: said })
      : // A vector tile with one layer, in field 3, with its length.
        new Response(`\u001a\u0009tile of ${content}`, {
          headers: { ...said, 'content-type': 'application/octet-stream' },
        });
  };
  const cache = world.start(options);
  const announce = async (version: string, revision: number, changes?: object[]) => {
    const acks: unknown[] = [];
    const manifest = { layers: { roads: { version, revision, ...(changes && { changes }) } } };
    const message = { type: 'TILE_VERSIONS', manifest, confirmedAt: world.clock.now };
    await cache.message(message, { postMessage: (ack: unknown) => void acks.push(ack) });
    await cache.settled();
    return acks[0] as { ok: boolean; error?: { code: string } };
  };
  const get = async (path = '/tiles/roads/6/30/30.pbf') => {
    const response = await world.get(cache, path);
    return [
      response.status === 200 ? (await response.text()).slice(2) : response.status,
      response.headers.get('cache-status')!,
    ];
  };
  await announce('1', 1);
  await get();
  return { world, announce, get, publish: (to: string) => (content = to) };
}

describe.each([
  ['labelled', true],
  ['unlabelled', false],
] as const)('a version that cannot be written, tiles %s', (_, labelled) => {
  it('makes stored tiles stale, and shows those that the origin has now', async () => {
    const { world, announce, get, publish } = await setUp(
      { layers: { roads: { versionPolicy: 'discard' } } },
      labelled,
    );
    expect((await get())[1]).toContain('hit');
    publish('2');
    fillDisk();
    expect(await announce('2', 2)).toMatchObject({ ok: false, error: { code: 'STORAGE_FAILED' } });
    world.asked.length = 0;
    expect((await get())[0]).toBe('tile of 2');
    expect(world.asked).toMatchObject([{ cache: 'no-cache' }]);
  });

  it('shows the old tile if there is no better one and the layer allows it, and the new one once it arrives', async () => {
    const { world, announce, get, publish } = await setUp({ layers: { roads: { staleIfError: Infinity } } }, labelled);
    publish('2');
    fillDisk();
    await announce('2', 2);
    const { answer } = world;
    world.answer = () => Promise.reject(new TypeError('Failed to fetch'));
    const [body, how] = await get();
    expect(body).toBe('tile of 1');
    expect(how).not.toMatch(/hit; ttl=[1-9]/);
    world.answer = answer;
    world.clock.now += 60_000;
    await get();
    expect((await get())[0]).toBe('tile of 2');
  });

  it('causes one request per tile, however often it is announced', async () => {
    const { world, announce, get, publish } = await setUp({ layers: { roads: {} } }, labelled);
    publish('2');
    fillDisk();
    await announce('2', 2);
    world.clock.now += 1000;
    for (let i = 0; i < 3; i += 1) await get();
    world.asked.length = 0;
    for (let i = 0; i < 5; i += 1) {
      await announce('2', 2);
      world.clock.now += 60_000;
      expect((await get())[0]).toBe('tile of 2');
    }
    expect(world.asked.length).toBeLessThanOrEqual(1);
  });

  it('does not affect unchanged tiles', async () => {
    const { world, announce, get, publish } = await setUp({ layers: { roads: {} } }, labelled);
    publish('2');
    fillDisk();
    await announce('2', 2, [{ from: '1', bbox: [100, 0, 101, 1] }]);
    world.asked.length = 0;
    const [body, how] = await get();
    expect([body, /hit/.test(how as string), world.asked.length]).toEqual(['tile of 1', true, 0]);
  });

  it('is written with the next check that finds room, and persists from then on', async () => {
    const { world, announce, get, publish } = await setUp({ layers: { roads: {} } }, labelled);
    publish('2');
    fillDisk();
    await announce('2', 2);
    IDBDatabase.prototype.transaction = transaction;
    expect(await announce('2', 2)).toMatchObject({ ok: true });
    // Without labels, a tile is requested once more after settleTime.
    for (let i = 0; i < 2; i += 1) {
      await get();
      world.clock.now += 60_000;
    }
    const [body, how] = await get();
    expect([body, /hit/.test(how as string)]).toEqual(['tile of 2', true]);
  });
});
