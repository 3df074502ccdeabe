import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventReader, publishRequest, request, testOrigin } from './helpers';

const opened: Array<ReturnType<typeof testOrigin>['origin']> = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const origin of opened.splice(0)) await origin.close();
});

async function open(options = {}) {
  const { origin } = testOrigin({ stream: options });
  opened.push(origin);
  await origin.fetch(publishRequest({ layer: 'roads', version: 'v1' }));
  return origin;
}

const stream = (headers: Record<string, string> = {}, signal?: AbortSignal) =>
  request('/api/tile-version/stream', { headers, ...(signal && { signal }) });

describe('the event stream', () => {
  it('begins with the present manifest and goes on with each publication', async () => {
    const origin = await open();
    const response = await origin.fetch(stream());
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = eventReader(response.body!);
    expect(Number((await events.next()).retry)).toBeGreaterThanOrEqual(3000);
    const first = await events.next();
    expect([first.id, JSON.parse(first.data!)]).toEqual(['1', { layers: { roads: { version: 'v1', revision: 1 } } }]);
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1] }));
    const second = await events.next();
    expect([second.id, JSON.parse(second.data!).layers.roads]).toEqual([
      '2', { version: 'v2', revision: 2, changes: [{ from: 'v1', bbox: [0, 0, 1, 1] }] },
    ]);
  });

  it('repeats nothing to a client that has the present revision', async () => {
    const origin = await open();
    const events = eventReader((await origin.fetch(stream({ 'last-event-id': '1' }))).body!);
    expect(await events.next()).toHaveProperty('retry');
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    expect((await events.next()).id).toBe('2');
  });

  it('beats while somebody listens', async () => {
    vi.useFakeTimers();
    const origin = await open({ heartbeat: 20 });
    const events = eventReader((await origin.fetch(stream())).body!);
    await events.next();
    await events.next();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await events.next()).toEqual({ comment: true });
    await events.cancel();
    expect([origin.streamStats().clients, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('turns away one client too many, and tells when to come again', async () => {
    const origin = await open({ maxClients: 2 });
    const first = eventReader((await origin.fetch(stream())).body!);
    await origin.fetch(stream());
    const refused = await origin.fetch(stream());
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(30);
    await first.cancel();
    expect((await origin.fetch(stream())).status).toBe(200);
    expect(origin.streamStats()).toMatchObject({ clients: 2, refused: 1 });
  });

  it('drops a reader that lets more wait than it may, and no other', async () => {
    const origin = await open({ maxQueuedBytes: 2000 });
    const slow = eventReader((await origin.fetch(stream())).body!);
    const quick = eventReader((await origin.fetch(stream())).body!);
    await quick.next();
    await quick.next();
    for (let i = 2; i < 40; i++) {
      await origin.fetch(publishRequest({ layer: 'roads', version: `v${i}` }));
      expect((await quick.next()).id).toBe(String(i));
    }
    expect(origin.streamStats()).toMatchObject({ clients: 1, dropped: 1 });
    await expect((async () => { for (;;) await slow.next(); })()).rejects.toThrow('too slow');
  });

  it('sends a manifest that is longer than the bound to a reader that keeps up', async () => {
    const origin = await open({ maxQueuedBytes: 200 });
    const events = eventReader((await origin.fetch(stream())).body!);
    await events.next();
    await events.next();
    for (let i = 0; i < 20; i++) {
      await origin.fetch(publishRequest({ layer: `layer${i}`, version: 'v1' }));
      expect((await events.next()).data).toContain(`layer${i}`);
    }
  });

  it('lets go of a client whose request is aborted', async () => {
    const origin = await open();
    const gone = new AbortController();
    await origin.fetch(stream({}, gone.signal));
    expect(origin.streamStats().clients).toBe(1);
    gone.abort();
    expect(origin.streamStats().clients).toBe(0);
  });
});
