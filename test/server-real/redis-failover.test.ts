import { connect, createServer, type Socket } from 'node:net';
import { createClient } from 'redis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRedisVersionStore } from '../../server/versions/redis-version-store';
import { publishRequest, request, testOrigin } from '../server/helpers';
import { freePort, type Program, start, temporaryFolder } from './programs';

// Programs start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** A fixed address whose server changes, as in a failover. */
async function createSwitch(target: number) {
  const sockets = new Set<Socket>();
  const state = { target };
  const server = createServer((near) => {
    const far = connect(state.target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => to.write(chunk));
      from.on('close', () => (sockets.delete(from), to.destroy()));
      from.on('error', () => to.destroy());
    }
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port,
    turn(to: number) {
      state.target = to;
      for (const socket of sockets) socket.destroy();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let ports: [number, number];
let primary: Program;
let replica: Program;
let address: Awaited<ReturnType<typeof createSwitch>>;
const closing: Array<() => Promise<unknown>> = [];

const startRedis = (port: number, ...more: string[]) =>
  start(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder.path, '--save', '', ...more],
    port,
  );

beforeAll(async () => {
  folder = await temporaryFolder();
  ports = [await freePort(), await freePort()];
  primary = await startRedis(ports[0]);
  replica = await startRedis(ports[1], '--replicaof', '127.0.0.1', String(ports[0]), '--repl-diskless-sync-delay', '0');
  address = await createSwitch(ports[0]);
});

afterAll(async () => {
  for (const close of closing) await close();
  address?.close();
  await primary?.stop('SIGKILL');
  await replica?.stop('SIGKILL');
  await folder?.remove();
});

/** Creates an instance as in the documentation's example, without listeners other than the store's. */
async function instance(key: string) {
  const client = createClient({ socket: { port: address.port, host: '127.0.0.1', reconnectStrategy: 50 } });
  const subscriber = client.duplicate();
  for (const each of [client, subscriber]) each.on('error', () => undefined);
  await client.connect();
  await subscriber.connect();
  const store = createRedisVersionStore({ client, subscriber, key, timeout: 0.5 });
  const { origin } = testOrigin({ store, now: Date.now });
  closing.push(async () => {
    await origin.close();
    client.destroy();
    subscriber.destroy();
  });
  await origin.ready();
  return { origin, client };
}

/** Connects to a server directly, not through the switch. */
const direct = (port: number) => createClient({ socket: { port, host: '127.0.0.1' } });
async function at<T>(port: number, act: (client: ReturnType<typeof direct>) => Promise<T>): Promise<T> {
  const client = direct(port);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await act(client);
  } finally {
    client.destroy();
  }
}

const publish = (origin: { fetch(request: Request): Promise<Response> }, layer: string, version: string) =>
  origin.fetch(publishRequest({ layer, version }));

describe('a Redis with a replica', () => {
  it('that hangs (SIGSTOP) delays a publication only up to a limit, and publications work afterwards', async () => {
    const one = await instance('hang');
    await publish(one.origin, 'roads', 'v1');
    primary.child.kill('SIGSTOP');
    try {
      const begun = Date.now();
      expect((await publish(one.origin, 'roads', 'v2')).status).toBe(503);
      expect(Date.now() - begun).toBeLessThan(10_000);
      // Reads are answered from memory.
      expect((await one.origin.fetch(request('/api/tile-version'))).status).toBe(200);
    } finally {
      primary.child.kill('SIGCONT');
    }
    await vi.waitFor(async () => expect((await publish(one.origin, 'roads', 'v3')).status).toBe(200), {
      timeout: 20_000,
    });
  });

  it('that is killed and replaced by a replica that lost a write: all instances hear the next publication', async () => {
    const [a, b] = [await instance('failover'), await instance('failover')];
    await publish(a.origin, 'roads', 'v1');
    await vi.waitFor(() => at(ports[1], async (client) => expect(await client.get('failover')).toContain('"v1"')), {
      timeout: 20_000,
    });
    // From now on nothing reaches the replica: the next write is lost with the primary.
    await at(ports[1], (client) => client.sendCommand(['REPLICAOF', 'NO', 'ONE']));
    await publish(a.origin, 'roads', 'v2');
    await vi.waitFor(async () => expect(await b.origin.version('roads')).toBe('v2'));
    await primary.stop('SIGKILL');
    address.turn(ports[1]);

    // The replica has v1: the instances notice this after reconnecting, and restore the lost write.
    await vi.waitFor(() => at(ports[1], async (client) => expect(await client.get('failover')).toContain('"v2"')), {
      timeout: 20_000,
    });

    // The store is set back while an instance without memory writes: the others must not mistake its revisions for old ones.
    const old = await at(ports[1], (client) => client.get('failover'));
    await publish(a.origin, 'roads', 'v3');
    await publish(a.origin, 'rivers', 'w1');
    await vi.waitFor(async () => expect(await b.origin.version('rivers')).toBe('w1'));
    await at(ports[1], (client) => client.set('failover', old!));
    const fresh = await instance('failover');
    expect((await publish(fresh.origin, 'lakes', 'l1')).status).toBe(200);
    for (const { origin } of [a, b, fresh])
      await vi.waitFor(
        async () =>
          expect(await Promise.all(['roads', 'rivers', 'lakes'].map((layer) => origin.version(layer)))).toEqual([
            'v3',
            'w1',
            'l1',
          ]),
        { timeout: 20_000 },
      );
    for (const each of ['v4', 'v5']) {
      await publish(fresh.origin, 'roads', each);
      for (const { origin } of [a, b])
        await vi.waitFor(async () => expect(await origin.version('roads')).toBe(each), { timeout: 20_000 });
    }
  });
});
