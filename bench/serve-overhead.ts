import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { readServe } from '../server/serve/options';
import { startSidecar } from '../server/serve/start';
import { withOverhead, type ServeOverhead } from './serve-figures';

const TILE = Buffer.alloc(16_384, 7);
const PATH = '/tiles/roads/3/1/1.pbf';
/** Number of requests before the measurement starts. */
const WARM_UP = 300;

/** Starts a tile server that answers every request with the same tile. */
async function upstream(): Promise<void> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/x-protobuf', 'content-length': TILE.length, etag: '"1"' });
    response.end(TILE);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  process.on('disconnect', () => process.exit());
}

/** Starts the sidecar in front of this server, as the command does. */
async function sidecar(before: string): Promise<void> {
  const task = readServe(['--upstream', before, '--port', '0', '--layer', 'roads=vector'])!;
  const needs = { token: undefined, metricsToken: undefined, worker: 'worker.js', log: () => undefined };
  process.send!((await startSidecar(task, needs)).url);
  process.on('disconnect', () => process.exit());
}

async function started(...args: string[]): Promise<{ url: string; child: ChildProcess }> {
  const child = fork('bench/run-serve.mjs', args);
  const [url] = (await once(child, 'message')) as [string];
  return { url, child };
}

/** Returns the milliseconds until the whole tile has arrived, on an open connection. */
function time(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const from = performance.now();
    get(url + PATH, { agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume().on('end', () => resolve(performance.now() - from));
    }).on('error', reject);
  });
}

const quantile = (values: number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]!;

/** Runs the benchmark, or one of the servers that it measures. Resolves with the exit code. */
export async function main(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      requests: { type: 'string', default: '3000' },
      role: { type: 'string' },
      before: { type: 'string', default: '' },
    },
  });
  if (values.role === 'upstream') return (await upstream(), 0);
  if (values.role === 'sidecar') return (await sidecar(values.before), 0);
  const requests = Number(values.requests);
  const tiles = await started('--role', 'upstream');
  const front = await started('--role', 'sidecar', '--before', tiles.url);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const direct: number[] = [];
  const through: number[] = [];
  // Alternate, so that other work of the machine affects both in the same way.
  for (let i = -WARM_UP; i < requests; i++) {
    const [without, withIt] = [await time(tiles.url, agent), await time(front.url, agent)];
    if (i < 0) continue;
    direct.push(without);
    through.push(withIt);
  }
  agent.destroy();
  for (const { child } of [tiles, front]) child.kill();
  const of = (list: number[]) => ({ p50: quantile(list, 0.5), p95: quantile(list, 0.95) });
  const result: ServeOverhead = {
    requests,
    bytes: TILE.length,
    direct: of(direct),
    through: of(through),
    added: of(through).p50 - of(direct).p50,
    ...{
      node: process.version,
      cores: cpus().length,
      loadAverage: loadavg()[0]!,
      measuredAt: new Date().toISOString(),
    },
  };
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/serve.json', `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync('docs/serve.md', withOverhead(readFileSync('docs/serve.md', 'utf8'), result));
  console.log(JSON.stringify(result));
  return result.added <= 1 ? 0 : 1;
}
