import { Registry } from 'prom-client';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRedisVersionStore } from '../../server/versions/redis-version-store';
import { announce } from '../../server/versions/transitions';
import { eventReader, publishRequest, reportOf, request, testOrigin } from '../server/helpers';
import type { RumBatch } from '../../src/shared/rum-schema';
import { rumBatch } from '../server/rum-batch';
import { freePort, type Program, start, temporaryFolder } from './programs';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let port: number;
let redis: Program;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const closing: Array<() => Promise<unknown>> = [];

const startRedis = () =>
  start(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder.path, '--appendonly', 'yes', '--save', ''],
    port,
  );

beforeAll(async () => {
  folder = await temporaryFolder();
  port = await freePort();
  redis = await startRedis();
});

afterAll(async () => {
  for (const close of closing) await close();
  await redis?.stop();
  await folder?.remove();
});

/** Creates an origin instance with its own connections. */
async function instance(key: string) {
  const client = createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: 50 } });
  const subscriber = client.duplicate();
  for (const each of [client, subscriber]) {
    each.on('error', () => undefined);
    await each.connect();
  }
  const store = createRedisVersionStore({ client, subscriber, key });
  const { origin } = testOrigin({
    store,
    layers: { seen: {} },
    rum: { rateLimit: { burst: 1e6, perSecond: 1e6 } },
    metrics: { registry: new Registry() },
  });
  closing.push(async () => {
    await origin.close();
    await store.close();
    client.destroy();
    subscriber.destroy();
  });
  return { origin, store, client };
}

describe('several instances over Redis', () => {
  it('share publications: stream clients of one get those made on another', async () => {
    const [a, b] = [await instance('hear'), await instance('hear')];
    await a.origin.fetch(publishRequest({ layer: 'roads', version: 'v1' }));
    const events = eventReader((await b.origin.fetch(request('/api/tile-version/stream'))).body!);
    await events.next();
    expect((await events.next()).id).toMatch(/^1\./);
    await a.origin.fetch(publishRequest({ layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1] }));
    const event = await events.next();
    expect([event.id, JSON.parse(event.data!).layers.roads.changes]).toEqual([
      expect.stringMatching(/^2\./),
      [{ from: 'v1', bbox: [0, 0, 1, 1] }],
    ]);
    expect(await b.origin.version('roads')).toBe('v2');
    const tags = await Promise.all(
      [a, b].map(async ({ origin }) => (await origin.fetch(request('/api/tile-version'))).headers.get('etag')),
    );
    expect(tags[0]).toBe(tags[1]);
  });

  it('lose no publication when all write at once', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => instance('race')));
    await Promise.all(
      all.flatMap(({ store }, i) =>
        Array.from({ length: 5 }, (_, j) =>
          store.update((state) => announce(state, { layer: `layer-${i}-${j}`, version: 'v1', purged: true }, 0)),
        ),
      ),
    );
    const state = await all[0]!.store.read();
    expect([state.revision, Object.keys(state.layers)]).toEqual([20, expect.objectContaining({ length: 20 })]);
  });

  it('count a page view once, whichever instance got its beacons, and a repeated beacon once', async () => {
    const both = [await instance('views'), await instance('views')] as const;
    await both[0].origin.fetch(publishRequest({ layer: 'seen', version: 'v1' }));
    await Promise.all(both.map(({ origin }) => origin.ready()));
    const send = (to: 0 | 1, batch: RumBatch) =>
      both[to].origin.fetch(
        request('/api/rum', {
          method: 'POST',
          body: JSON.stringify(batch),
          headers: { 'content-type': 'application/json' },
        }),
      );
    /** Returns the sum over all instances, as Prometheus computes it. */
    const sum = async (series: string) => {
      const texts = await Promise.all(both.map(async ({ origin }) => (await origin.fetch(request('/metrics'))).text()));
      const lines = texts.flatMap((text) => text.split('\n').filter((line) => line.startsWith(`${series} `)));
      return lines.reduce((total, line) => total + Number(line.slice(series.length + 1)), 0);
    };
    const batches = [1, 2].map((sentAt) => rumBatch({ session: 'moves', sentAt, versions: { seen: 'v1' } }));
    await send(0, batches[0]!);
    await send(1, batches[1]!);
    await vi.waitFor(async () => expect(await sum('tile_clients{layer="seen",state="current"}')).toBe(1), {
      timeout: 20_000,
    });
    // By now the other instance knows the beacon.
    await send(1, batches[0]!);
    await vi.waitFor(async () => expect(await sum('tile_rum_beacons_total{outcome="accepted"}')).toBe(2));
    expect(await sum('tile_rum_beacons_total{outcome="repeated"}')).toBe(1);
  });

  it('survive a restart of Redis, and learn of writes in the meantime', async () => {
    const one = await instance('restart');
    await one.origin.fetch(publishRequest({ layer: 'roads', version: 'v1' }));
    const events = eventReader((await one.origin.fetch(request('/api/tile-version/stream'))).body!);
    await events.next();
    await events.next();
    await redis.stop();
    expect((await one.origin.fetch(request('/api/tile-version'))).status).toBe(200);
    redis = await startRedis();
    const two = await instance('restart');
    expect(await two.origin.version('roads')).toBe('v1');
    await two.origin.fetch(publishRequest({ layer: 'roads', version: 'v2' }));
    expect((await events.next()).id).toMatch(/^2\./);
  });

  it('report a refusal by Redis, announce nothing then, and continue afterwards', async () => {
    const { client, origin } = await instance('refused');
    const publish = (version: string) => reportOf(origin.fetch(publishRequest({ layer: 'roads', version })));
    expect((await publish('v0')).ok).toBe(true);
    const stand = await freePort();
    const faults: Array<[word: string, set: string[], reset: string[]]> = [
      ['OOM', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']],
      ['READONLY', ['REPLICAOF', '127.0.0.1', String(stand)], ['REPLICAOF', 'NO', 'ONE']],
      ['NOPERM', ['ACL', 'SETUSER', 'default', '-set'], ['ACL', 'SETUSER', 'default', '+@all']],
      // Redis would allow the write but not the message: then nothing is stored.
      ['NOPERM', ['ACL', 'SETUSER', 'default', '-publish'], ['ACL', 'SETUSER', 'default', '+@all']],
    ];
    for (const [word, set, reset] of faults) {
      await client.sendCommand(set);
      const report = await publish(`v-${word}`);
      await client.sendCommand(reset);
      const announced = report.steps.find(({ step }) => step === 'announce')!;
      expect([report.ok, report.applied, announced.detail]).toEqual([
        false,
        false,
        expect.stringContaining(`Redis refused (${word})`),
      ]);
      expect(await origin.version('roads')).toBe('v0');
    }
    expect(await publish('v1')).toMatchObject({ ok: true, applied: true, previous: 'v0' });
  });

  it('refuse a key of another type, with the reason', async () => {
    const { client, origin } = await instance('typed');
    await client.lPush('typed', 'x');
    const refused = await origin.fetch(publishRequest({ layer: 'roads', version: 'v1' }));
    expect([refused.status, (await refused.json()).error.message]).toEqual([503, 'Redis refused (WRONGTYPE).']);
  });

  it('refuse foreign data under the key', async () => {
    const { client, origin } = await instance('garbage');
    await client.set('garbage', 'not ours');
    const response = await origin.fetch(request('/api/tile-version'));
    expect([response.status, (await response.json()).error.code]).toEqual([503, 'STORAGE_FAILED']);
  });
});
