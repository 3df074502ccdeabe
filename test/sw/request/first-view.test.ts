import { describe, expect, it, vi } from 'vitest';
import { HELD_MS } from '../../../sw/origin/write-behind';
import { fakeTimers } from '../fakes/timers';
import { createWorld, ORIGIN } from '../fakes/world';

const COUNT = 12;
const path = (y: number) => `/tiles/roads/4/1/${y}.png`;
const headers = { 'content-type': 'application/octet-stream', 'cache-control': 'max-age=60' };

/** A view that a map shows for the first time, from an origin that answers when the test says so. */
function firstView(layer: object = {}) {
  const world = createWorld();
  const clock = fakeTimers({ soon: 500 });
  const release = new Map<string, (response: Response) => void>();
  world.answer = ({ url }) => new Promise((resolve) => release.set(new URL(url).pathname, resolve));
  const cache = world.start({ layers: { roads: { concurrency: 64, ...layer } } }, clock);
  const ask = (y: number, init?: RequestInit) => {
    const request = new Request(new URL(path(y), ORIGIN), init);
    return cache.handle({ request, address: cache.match(request.url)!, clientId: 'page' });
  };
  const send = (y: number) => release.get(path(y))!(new Response(`tile-${y}`, { headers }));
  const stored = async () => {
    const names = await world.caches.asStorage().keys();
    const keys = await Promise.all(
      names.map(async (name) => (await world.caches.asStorage().open(name)).keys().then((all) => all.length)),
    );
    return keys.reduce((sum, one) => sum + one, 0);
  };
  return { world, cache, clock, ask, send, stored };
}

const text = async ({ response }: { response: Promise<Response> }) => (await response).text();
const said = async ({ response }: { response: Promise<Response> }) => (await response).headers.get('cache-status');

async function waitingView(layer: object = {}) {
  const view = firstView(layer);
  const before = await view.stored();
  const asked = Array.from({ length: COUNT }, (_, y) => view.ask(y));
  await vi.waitFor(() => expect(view.world.asked).toHaveLength(COUNT));
  return { ...view, asked, before };
}

describe('a view that is shown for the first time', () => {
  it('is shown before its tiles are stored, and stored when all its tiles have arrived', async () => {
    const { asked, send, stored, before } = await waitingView();
    for (let y = 0; y < 8; y += 1) {
      send(y);
      expect(await text(asked[y]!)).toBe(`tile-${y}`);
      // No answer says that a tile is stored before it is.
      expect(await said(asked[y]!)).toBe('sw-tile-cache; fwd=uri-miss; fwd-status=200');
    }
    expect(await stored()).toBe(before);
    for (let y = 8; y < COUNT; y += 1) send(y);
    await Promise.all(asked.map(({ done }) => done));
    expect((await stored()) - before).toBeGreaterThanOrEqual(COUNT);
  });

  it('is stored within two seconds while the rest hangs', async () => {
    const { asked, send, stored, before, clock } = await waitingView();
    send(0);
    await text(asked[0]!);
    await clock.pass(HELD_MS - 1);
    expect(await stored()).toBe(before);
    await clock.pass(1);
    await asked[0]!.done;
    expect(await stored()).toBeGreaterThan(before);
  });

  it('answers a repeated request from the store, without a second request to the origin', async () => {
    const { ask, asked, send, world } = await waitingView();
    send(0);
    await text(asked[0]!);
    const again = ask(0);
    expect(await text(again)).toBe('tile-0');
    expect(await said(again)).toMatch(/^sw-tile-cache; hit; ttl=\d+$/);
    expect(world.asked).toHaveLength(COUNT);
  });

  it('does not restore a tile that was purged while its write was deferred', async () => {
    const { ask, asked, send, cache, world } = await waitingView();
    send(0);
    await text(asked[0]!);
    const ack = await new Promise((resolve) =>
      cache.message({ type: 'CACHE_INVALIDATE', id: 'one', layer: 'roads', mode: 'purge' }, {
        postMessage: resolve,
      } as never),
    );
    expect(ack).toMatchObject({ ok: true });
    const again = ask(0);
    await vi.waitFor(() => expect(world.asked.length).toBeGreaterThan(COUNT));
    send(0);
    expect(await text(again)).toBe('tile-0');
    expect(await said(again)).not.toContain('hit');
  });

  it('does not store a tile that an unsafe method has changed while its write was deferred', async () => {
    const { ask, asked, send, world } = await waitingView();
    send(0);
    await text(asked[0]!);
    const changing = ask(0, { method: 'DELETE' });
    await vi.waitFor(() => expect(world.asked).toHaveLength(COUNT + 1));
    send(0);
    await (await changing.response).text();
    await changing.done;
    const again = ask(0);
    await vi.waitFor(() => expect(world.asked).toHaveLength(COUNT + 2));
    send(0);
    expect(await said(again)).not.toContain('hit');
  });
});
