import { afterEach, describe, expect, it, vi } from 'vitest';
import { createVersionStream } from '../../../server/versions/stream-handler';
import { eventReader, publishRequest, request, testOrigin } from '../helpers';

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

const revision = (n: number) => expect.stringMatching(new RegExp(`^${n}\\.[0-9a-f]+$`)) as string;

const stream = (headers: Record<string, string> = {}, signal?: AbortSignal) =>
  request('/api/tile-version/stream', { headers, ...(signal && { signal }) });

describe('the event stream', () => {
  it('refuses clients after it is closed, so that the process can end', async () => {
    const origin = await open();
    const events = eventReader((await origin.fetch(stream())).body!);
    await origin.close();
    await events.next();
    await events.next();
    await expect(events.next()).rejects.toThrow('the stream ended');
    const again = await origin.fetch(stream());
    expect([again.status, Number(again.headers.get('retry-after')) >= 30]).toEqual([503, true]);
    expect(origin.streamStats().clients).toBe(0);
  });

  it('begins with the present manifest and continues with each publication', async () => {
    const origin = await open();
    const response = await origin.fetch(stream());
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = eventReader(response.body!);
    expect(Number((await events.next()).retry)).toBeGreaterThanOrEqual(3000);
    const first = await events.next();
    expect([first.id, JSON.parse(first.data!)]).toEqual([
      revision(1),
      { layers: { roads: { version: 'v1', revision: 1 } } },
    ]);
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1] }));
    const second = await events.next();
    expect([second.id, JSON.parse(second.data!).layers.roads]).toEqual([
      revision(2),
      { version: 'v2', revision: 2, changes: [{ from: 'v1', bbox: [0, 0, 1, 1] }] },
    ]);
  });

  /** Returns the stream's id of the present manifest. */
  async function presentId(origin: Awaited<ReturnType<typeof open>>): Promise<string> {
    const events = eventReader((await origin.fetch(stream())).body!);
    await events.next();
    const { id } = await events.next();
    await events.cancel();
    return id!;
  }

  it('sends no manifest to a client that has the present one', async () => {
    const origin = await open();
    const events = eventReader((await origin.fetch(stream({ 'last-event-id': await presentId(origin) }))).body!);
    expect(await events.next()).toHaveProperty('retry');
    await origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    expect((await events.next()).id).toEqual(revision(2));
  });

  it('does not mistake a revision of an earlier run, or an id without a digest, for the present one', async () => {
    const earlier = await presentId(await open());
    const { origin } = testOrigin({ layers: { roads: { version: 'v9' } } });
    opened.push(origin);
    expect(await presentId(origin)).toEqual(revision(1));
    for (const id of [earlier, '1', '', 'x']) {
      const events = eventReader((await origin.fetch(stream({ 'last-event-id': id }))).body!);
      await events.next();
      expect(JSON.parse((await events.next()).data!).layers.roads.version).toBe('v9');
    }
  });

  it('loses no announcement while a client connects', async () => {
    const roads = (version: string, revision: number) => ({
      sequence: revision,
      revision,
      layers: { roads: { version, revision, publishedAt: 0, steps: [] } },
    });
    const versions = createVersionStream(() => Promise.resolve(roads('v1', 1)));
    const opening = versions.handler(request('/api/tile-version/stream'));
    versions.announce(roads('v2', 2));
    const events = eventReader(((await opening) as Response).body!);
    await events.next();
    expect(JSON.parse((await events.next()).data!).layers.roads.version).toBe('v2');
    versions.close();
  });

  it('sends heartbeats while a client listens', async () => {
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

  it('refuses a client beyond the limit, with Retry-After', async () => {
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

  it('drops only a reader whose backlog exceeds the bound', async () => {
    const origin = await open({ maxQueuedBytes: 2000 });
    const slow = eventReader((await origin.fetch(stream())).body!);
    const quick = eventReader((await origin.fetch(stream())).body!);
    await quick.next();
    await quick.next();
    for (let i = 2; i < 40; i++) {
      await origin.fetch(publishRequest({ layer: 'roads', version: `v${i}` }));
      expect((await quick.next()).id).toEqual(revision(i));
    }
    expect(origin.streamStats()).toMatchObject({ clients: 1, dropped: 1 });
    await expect(
      (async () => {
        for (;;) await slow.next();
      })(),
    ).rejects.toThrow('too slow');
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

  it('drops a client whose request is aborted', async () => {
    const origin = await open();
    const gone = new AbortController();
    await origin.fetch(stream({}, gone.signal));
    expect(origin.streamStats().clients).toBe(1);
    gone.abort();
    expect(origin.streamStats().clients).toBe(0);
  });
});
