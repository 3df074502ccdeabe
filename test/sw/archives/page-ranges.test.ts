import { describe, expect, it } from 'vitest';
import type { LayerOptions } from '../../../src/shared/layer-options';
import { pmtiles } from '../../../sw/pmtiles';
import { createWorld, ORIGIN } from '../fakes/world';
import { archiveOf, createArchiveHost, pyramid, type HostFaults } from './archive-host';

const PATH = '/data/roads.pmtiles';
const file = (edition: string) => archiveOf(pyramid(edition, 6), { tileType: 'unknown' });

async function start(layer: LayerOptions = {}, faults: HostFaults = {}) {
  const world = createWorld();
  const host = createArchiveHost(await file('one'), faults);
  world.answer = (request) => host.answer(request);
  const cache = world.start({ layers: { roads: { archive: PATH, ...layer } }, archives: pmtiles() });
  const part = async (range: string | undefined, headers: Record<string, string> = {}, init: RequestInit = {}) => {
    const response = await world.get(cache, PATH, { headers: { ...(range && { range }), ...headers }, ...init });
    return { status: response.status, headers: response.headers, bytes: new Uint8Array(await response.arrayBuffer()) };
  };
  const tell = (message: unknown) =>
    new Promise<unknown>((resolve) => {
      void Promise.resolve(cache.message(message as never, { postMessage: resolve } as never, 'page'));
    });
  return { world, host, cache, part, tell };
}

describe('a range of an archive that a page requests', () => {
  it('is stored, and answered as the host would', async () => {
    const { host, part } = await start();
    const first = await part('bytes=20000-20999');
    expect(first.status).toBe(206);
    expect(first.bytes).toEqual(host.file.slice(20_000, 21_000));
    expect(first.headers.get('content-range')).toBe(`bytes 20000-20999/${host.file.byteLength}`);
    expect(first.headers.get('etag')).toBe(host.etag());
    const asked = host.asked.length;
    const second = await part('bytes=20000-20999');
    expect(second.bytes).toEqual(first.bytes);
    expect(second.headers.get('cache-status')).toContain('hit');
    expect(host.asked).toHaveLength(asked);
    const end = host.file.byteLength;
    expect((await part(`bytes=${end - 10}-${end + 90}`)).bytes).toEqual(host.file.slice(end - 10));
    expect((await part(`bytes=${end}-${end + 90}`)).status).toBe(416);
  });

  it('is left to the browser if a Content-Security-Policy forbids its host', async () => {
    let violate: (event: never) => void = () => {};
    const far = 'https://files.example/roads.pmtiles';
    const world = createWorld();
    const onViolation = (listener: unknown) => void (violate = listener as never);
    const cache = world.start({ layers: { roads: { archive: far } }, archives: pmtiles() }, { onViolation });
    world.answer = () => {
      const event = { blockedURI: far, effectiveDirective: 'connect-src', disposition: 'enforce' };
      setImmediate(() => violate(event as never));
      return Promise.reject(new TypeError('Refused to connect'));
    };
    const first = await world.get(cache, far, { headers: { range: 'bytes=0-9' } });
    expect([first.status, first.headers.get('location')]).toEqual([307, far]);
  });

  it('always comes from the file that its ETag names', async () => {
    const { world, host, part } = await start();
    const one = host.file;
    await part('bytes=20000-20999');
    const old = host.etag();
    host.file = await file('two');
    // A range that is not stored is read from the new file.
    const fresh = await part('bytes=30000-30999');
    expect(fresh.headers.get('etag')).toBe(host.etag());
    expect(fresh.bytes).toEqual(host.file.slice(30_000, 31_000));
    const again = await part('bytes=20000-20999');
    expect(again.headers.get('etag')).toBe(host.etag());
    expect(again.bytes).toEqual(host.file.slice(20_000, 21_000));
    expect(again.bytes).not.toEqual(one.slice(20_000, 21_000));
    // A reader with ranges of the old file gets no ranges of the new one to combine with them.
    const current = host.asked.length;
    const whole = await part('bytes=20000-20999', { 'if-range': old });
    expect([whole.status, whole.bytes]).toEqual([200, host.file]);
    expect(host.asked).toHaveLength(current + 1);
    expect((await part('bytes=20000-20999', { 'if-match': old })).status).toBe(412);
    expect(host.asked).toHaveLength(current + 2);
    for (const condition of ['if-range', 'if-match']) {
      const same = await part('bytes=20000-20999', { [condition]: host.etag() });
      expect([same.status, same.bytes]).toEqual([206, host.file.slice(20_000, 21_000)]);
      expect(same.headers.get('cache-status')).toContain('hit');
    }
    expect(host.asked).toHaveLength(current + 2);
    expect(world.posted).toContainEqual(expect.objectContaining({ type: 'VERSION_CHANGED' }));
  });

  it.each<[string, string | undefined, RequestInit]>([
    ['the head', undefined, { method: 'HEAD' }],
    ['the end', 'bytes=-1000', {}],
    ['an open-ended range', 'bytes=30000-', {}],
    ['several ranges', 'bytes=0-9,20-29', {}],
  ])('comes from the same file as the last answer for %s', async (_, range, init) => {
    const { world, host, part } = await start();
    await part('bytes=20000-20999');
    // The new file has the same length, and no version check has detected it yet.
    host.file = await file('two');
    const told = await part(range, {}, init);
    expect(told.headers.get('etag')).toBe(host.etag());
    const next = await part('bytes=20000-20999');
    expect(next.headers.get('etag')).toBe(host.etag());
    expect(next.bytes).toEqual(host.file.slice(20_000, 21_000));
    // Repeating this costs one request, and the check is not repeated.
    const { length } = world.asked;
    await part(range, {}, init);
    await part('bytes=20000-20999');
    expect(world.asked).toHaveLength(length + 1);
  });

  it('is correct at the end of a file whose host reports a longer length', async () => {
    const { host, part } = await start({}, { wrongTotal: 1 });
    await part('bytes=0-16383');
    const end = host.file.byteLength;
    for (const range of ['bytes=-10', `bytes=${end - 10}-`, `bytes=${end - 10}-${end + 90}`]) {
      const { status, bytes } = await part(range);
      expect([status, bytes.slice(-9)]).toEqual([206, host.file.slice(-9)]);
    }
  });

  it('is requested again after a purge, even one with a box', async () => {
    const { host, part, tell } = await start();
    for (const [id, bbox] of [
      ['a', undefined],
      ['b', [0, 0, 10, 10]],
    ] as const) {
      await part('bytes=0-16383');
      await part('bytes=20000-20999');
      await tell({ type: 'CACHE_INVALIDATE', layer: 'roads', id, ...(bbox && { bbox }) });
      host.asked = [];
      await part('bytes=0-16383');
      await part('bytes=20000-20999');
      expect(host.asked).toContain('bytes=20000-20999');
      expect(host.asked.filter((range) => range === 'bytes=0-16383').length).toBeGreaterThan(0);
    }
  });

  it('of a file that is stored as a whole is validated after a purge with a box', async () => {
    const { world, host, part, tell } = await start({}, { noRanges: true });
    const before = host.file.slice(20_000, 21_000);
    await part('bytes=0-16383');
    const asks = () => host.asked.splice(0).length;
    asks();
    expect((await part('bytes=20000-20999')).bytes).toEqual(before);
    expect(asks()).toBe(0);
    await tell({ type: 'CACHE_INVALIDATE', layer: 'roads', id: 'box', bbox: [0, 0, 10, 10] });
    world.answer = () => Promise.reject(new TypeError('no network'));
    await expect(part('bytes=20000-20999')).rejects.toThrow('no network');
    world.answer = (request) => host.answer(request);
    expect((await part('bytes=20000-20999')).bytes).toEqual(before);
    expect(asks()).toBeGreaterThan(0);
    // The host has confirmed the whole file.
    expect((await part('bytes=30000-30999')).bytes).toEqual(host.file.slice(30_000, 31_000));
    expect(asks()).toBe(0);
    host.file = await file('two');
    await tell({ type: 'CACHE_INVALIDATE', layer: 'roads', id: 'again', bbox: [0, 0, 10, 10] });
    expect((await part('bytes=20000-20999')).bytes).toEqual(host.file.slice(20_000, 21_000));
  });

  it('is answered offline; with versionPolicy discard, only from the current file', async () => {
    for (const policy of ['revalidate', 'discard'] as const) {
      const { world, host, part } = await start({ versionPolicy: policy });
      await part('bytes=20000-20999');
      world.clock.now += 3600_000;
      world.answer = () => Promise.reject(new TypeError('no network'));
      expect((await part('bytes=20000-20999')).bytes).toEqual(host.file.slice(20_000, 21_000));
      world.answer = (request) => host.answer(request);
      host.file = await file('two');
      const answer = await part('bytes=20000-20999');
      expect(answer.headers.get('etag') === host.etag()).toBe(policy === 'discard');
    }
  });

  it.each<[string, string | undefined, RequestInit]>([
    ['the whole file', undefined, {}],
    ['several ranges', 'bytes=0-1,5-6', {}],
    ['an empty suffix range', 'bytes=-0', {}],
    ['a HEAD', 'bytes=0-1', { method: 'HEAD' }],
    ['a range with no-store', 'bytes=0-1', { cache: 'no-store' }],
    ['a range with Authorization', 'bytes=0-1', { headers: { range: 'bytes=0-1', authorization: 'secret' } }],
  ])('the network answers a request for %s', async (_, range, init) => {
    const { world, part, cache } = await start();
    await part(range, {}, init);
    expect(world.asked).toHaveLength(1);
    expect(cache.match(`${ORIGIN}/data/other.pmtiles`)).toBeUndefined();
  });

  it('comes from the network if the worker cannot read the archive', async () => {
    const { host, part } = await start({}, { status: 403 });
    expect((await part('bytes=0-1')).status).toBe(403);
    host.faults = {};
    host.file = new TextEncoder().encode('not an archive at all');
    expect((await part('bytes=0-1')).bytes).toEqual(new TextEncoder().encode('no'));
  });
});
