import { readdirSync, readFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { PublishReport } from '../../server/publish/publish';
import type { Purger } from '../../server/purge/purger';
import { createVarnishPurger } from '../../server/purge/varnish';
import { freePort } from '../server-real/programs';
import { EDGE_TOKEN, type Origin, startOrigin, startVarnish } from './chain';

let ports: number[];
let originPort: number;
let varnishes: Array<Awaited<ReturnType<typeof startVarnish>>> = [];
let balancer: ReturnType<typeof createServer>;
let edgeUrl: string;
let origin: Origin;
const purgers: Purger[] = [];

/** The instance that browsers reach: alternating, or one of the two. */
let turn = 0;
let only: number | undefined;

beforeAll(async () => {
  ports = [await freePort(), await freePort()];
  originPort = await freePort();
  balancer = createServer((incoming, outgoing) => {
    const port = ports[only ?? turn++ % 2]!;
    const { method, url: path, headers } = incoming;
    httpRequest({ host: '127.0.0.1', ...{ port, path, method, headers } }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(outgoing);
    })
      .on('error', () => outgoing.writeHead(502).end())
      .end();
  });
  await new Promise<void>((resolve) => balancer.listen(0, '127.0.0.1', resolve));
  edgeUrl = `http://127.0.0.1:${(balancer.address() as AddressInfo).port}`;
  origin = await startOrigin(
    purgers,
    edgeUrl,
    originPort,
    {},
    {
      // The check reports a disagreement as soon as it is certain.
      publish: { verify: { samples: 1, timeout: 1.5 } },
    },
  );
  varnishes = await Promise.all(ports.map((port) => startVarnish(originPort, port)));
});
afterAll(async () => {
  for (const { program, remove } of varnishes) {
    await program.stop('SIGKILL');
    await remove();
  }
  balancer?.closeAllConnections();
  balancer?.close();
  await origin?.close();
});

const limits = { token: EDGE_TOKEN, attempts: 1, timeout: 3, sleep: async () => undefined };
const both = () => createVarnishPurger({ instances: ports.map((port) => `http://127.0.0.1:${port}`), ...limits });
const path = '/tiles/roads/0/0/0.pbf';

/** Returns the tile from each of the two instances. */
async function tileAt(i: number): Promise<string> {
  only = i;
  const text = await (await fetch(`${edgeUrl}${path}`)).text();
  only = undefined;
  return text;
}

/** The process under Varnish's manager, which stores and answers. */
function workerOf(i: number): number {
  const pid = varnishes[i]!.program.child.pid!;
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
}

/** Signals take a moment: a thread on another core may answer one more request. */
const stopped = (pid: number) =>
  vi.waitUntil(() =>
    readdirSync(`/proc/${pid}/task`).every((thread) =>
      / T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
    ),
  );

/** The worker outlives its manager by a moment. */
const refused = (port: number) =>
  vi.waitUntil(
    () =>
      new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.destroy();
          resolve(false);
        });
        socket.on('error', () => resolve(true));
      }),
    { timeout: 10_000 },
  );

const failures = ({ steps }: PublishReport) =>
  steps.filter(({ ok }) => !ok).map(({ step, detail }) => `${step}: ${detail}`);

async function publish(purger: Purger, data: string): Promise<PublishReport> {
  purgers.splice(0, 1, purger);
  origin.setData('roads', data);
  return origin.publish({ layer: 'roads', version: data, id: data });
}

describe('two Varnish behind one address', () => {
  it('a purge by that address: one of them keeps the old tile, and the check at the edge finds it', async () => {
    expect([await tileAt(0), await tileAt(1)]).toEqual(['old', 'old']);
    const report = await publish(createVarnishPurger({ instances: [edgeUrl], ...limits }), 'a1');
    expect(report.ok).toBe(false);
    expect(failures(report)).toEqual([expect.stringMatching(/^verify: .*(in turns|old tile|version)/)]);
  });

  it('a purge one by one: both are right', async () => {
    const report = await publish(both(), 'a2');
    expect([failures(report), await tileAt(0), await tileAt(1)]).toEqual([[], 'a2', 'a2']);
  });

  it('one of them hangs: the other is right at once, and the outstanding purge runs when it is back', async () => {
    const worker = workerOf(1);
    process.kill(worker, 'SIGSTOP');
    await stopped(worker);
    only = 0;
    const report = await publish(both(), 'a3');
    expect(failures(report)).toEqual([
      `purge: varnish: 1 of 2 instances not purged: 127.0.0.1:${ports[1]} did not answer in time`,
    ]);
    expect(await tileAt(0)).toBe('a3');
    process.kill(worker, 'SIGCONT');
    const again = await origin.publish({ layer: 'roads', version: 'a3', id: 'a3' });
    expect([failures(again), await tileAt(0), await tileAt(1)]).toEqual([[], 'a3', 'a3']);
    expect(again.revision!).toBeGreaterThan(report.revision!);
  });

  it('one of them is down: it is named, and owes its purge when it starts again', async () => {
    await varnishes[1]!.program.stop('SIGKILL');
    await refused(ports[1]!);
    only = 0;
    const report = await publish(both(), 'a4');
    expect(failures(report)).toEqual([
      `purge: varnish: 1 of 2 instances not purged: 127.0.0.1:${ports[1]} the request failed: ECONNREFUSED`,
    ]);
    expect((await origin.origin.status()).layers.roads!.outstanding).toHaveLength(1);
    expect(await tileAt(0)).toBe('a4');
    await varnishes[1]!.remove();
    varnishes[1] = await startVarnish(originPort, ports[1]!);
    const again = await origin.publish({ layer: 'roads', version: 'a4', id: 'a4' });
    expect([failures(again), await tileAt(1)]).toEqual([[], 'a4']);
    expect((await origin.origin.status()).layers.roads!.outstanding).toEqual([]);
  });
});
