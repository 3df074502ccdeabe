import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createConnection, type AddressInfo, type Socket } from 'node:net';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { withFigures, type Measured, type StreamLoad } from './stream-load-figures';
import { createTileOrigin } from '../server/tile-origin';
import { toNodeListener } from '../server/http/node';

const TOKEN = 'a-token-for-the-benchmark';
const LAYERS = Array.from({ length: 10 }, (_, i) => `layer-${i}`);
/** Seconds after which the run gives up. */
const TIME_LIMIT = 180;

interface Usage {
  cpuSeconds: number;
  rssBytes: number;
  clients: number;
  dropped: number;
}

/** Runs the process that is measured, which contains only one origin. */
async function serve(clients: number): Promise<void> {
  const origin = createTileOrigin({
    layers: Object.fromEntries(LAYERS.map((layer) => [layer, { version: 'v0' }])),
    publish: { token: TOKEN },
    stream: { maxClients: clients + 10, heartbeat: 5 },
  });
  const server = createServer(toNodeListener(origin.fetch));
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send!({ port: (server.address() as AddressInfo).port });
  process.on('message', () => {
    const { user, system } = process.cpuUsage();
    const { clients: held, dropped } = origin.streamStats();
    process.send!({
      cpuSeconds: (user + system) / 1e6,
      rssBytes: process.memoryUsage().rss,
      clients: held,
      dropped,
    } satisfies Usage);
  });
  process.on('disconnect', () => process.exit());
}

/** Opens an event stream, and reports each event by its number as it arrives. Number 0 is the state at the start. */
function openStream(port: number, onEvent: (number: number) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1');
    let text = '';
    let opened = false;
    let events = 0;
    socket.setEncoding('latin1').once('error', reject);
    socket.on('data', (chunk: string) => {
      if (!opened && !chunk.startsWith('HTTP/1.1 200')) reject(new Error(chunk.slice(0, 100)));
      text += chunk;
      for (let at = text.indexOf('\nid: '); at >= 0; at = text.indexOf('\nid: ')) {
        const end = text.indexOf('\n', at + 5);
        if (end < 0) return;
        onEvent(events);
        events += 1;
        text = text.slice(end);
      }
      text = text.slice(-8);
      if (!opened) resolve(socket);
      opened = true;
    });
    socket.write('GET /api/tile-version/stream HTTP/1.1\r\nHost: origin\r\nAccept: text/event-stream\r\n\r\n');
  });
}

/** Polls the manifest with its ETag until told to stop. Returns the durations. */
async function poll(
  url: string,
  interval: number,
  stopped: () => boolean,
): Promise<{ latencies: number[]; notModified: number }> {
  const latencies: number[] = [];
  let notModified = 0;
  let etag = '';
  await pause(Math.random() * interval);
  while (!stopped()) {
    const startedAt = performance.now();
    const response = await fetch(url, etag ? { headers: { 'if-none-match': etag } } : {}).catch(() => undefined);
    // The server has just closed an idle connection. A browser would repeat the request by itself.
    if (!response) continue;
    await response.arrayBuffer();
    latencies.push(performance.now() - startedAt);
    if (response.status === 304) notModified += 1;
    etag = response.headers.get('etag') ?? etag;
    await pause(interval * (0.9 + Math.random() * 0.2));
  }
  return { latencies, notModified };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

async function usage(child: ChildProcess): Promise<Usage> {
  const answer = once(child, 'message');
  child.send('usage');
  return (await answer)[0] as Usage;
}

async function measure(
  child: ChildProcess,
  port: number,
  clients: number,
  pollers: number,
  publications: number,
): Promise<Measured> {
  const url = `http://127.0.0.1:${port}`;
  const before = await usage(child);
  const heard = new Map<number, number[]>();
  const onEvent = (number: number) => {
    const list = heard.get(number) ?? [];
    heard.set(number, list);
    list.push(performance.now());
  };
  const sockets: Socket[] = [];
  // Open the streams in batches, because a socket's listen queue is short.
  for (let i = 0; i < clients; i += 50) {
    sockets.push(
      ...(await Promise.all(Array.from({ length: Math.min(50, clients - i) }, () => openStream(port, onEvent)))),
    );
  }
  const held = await usage(child);
  let stop = false;
  const polling = Promise.all(Array.from({ length: pollers }, () => poll(`${url}/api/tile-version`, 2000, () => stop)));
  const idleFrom = { at: performance.now(), cpu: (await usage(child)).cpuSeconds };
  await pause(6000);
  const idle = ((await usage(child)).cpuSeconds - idleFrom.cpu) / ((performance.now() - idleFrom.at) / 1000);

  const fanOut: number[] = [];
  const last: number[] = [];
  let cpuPerPublication = 0;
  for (let i = 1; i <= publications; i++) {
    const cpu = (await usage(child)).cpuSeconds;
    const startedAt = performance.now();
    const response = await fetch(`${url}/api/publish`, {
      method: 'POST',
      body: JSON.stringify({ layer: LAYERS[i % LAYERS.length], version: `v${i}` }),
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    await response.arrayBuffer();
    // Wait until every client has received a publication before the next one, so that the event numbers agree.
    while ((heard.get(i)?.length ?? 0) < clients) await pause(5);
    const delays = heard.get(i)!.map((at) => at - startedAt);
    fanOut.push(...delays);
    last.push(Math.max(...delays));
    cpuPerPublication += ((await usage(child)).cpuSeconds - cpu) / publications;
    await pause(200);
  }
  stop = true;
  const polls = await polling;
  const after = await usage(child);
  for (const socket of sockets) socket.destroy();
  const latencies = polls.flatMap((result) => result.latencies);
  return {
    clientsHeld: after.clients,
    dropped: after.dropped,
    rssPerClientKiB: (held.rssBytes - before.rssBytes) / clients / 1024,
    fanOutMs: {
      p50: percentile(fanOut, 0.5),
      p95: percentile(fanOut, 0.95),
      lastClientP95: percentile(last, 0.95),
      max: Math.max(...fanOut),
    },
    cpu: { idleShareOfOneCore: idle, secondsPerPublication: cpuPerPublication },
    polls: {
      count: latencies.length,
      notModified: polls.reduce((sum, { notModified }) => sum + notModified, 0),
      p50Ms: percentile(latencies, 0.5),
      p95Ms: percentile(latencies, 0.95),
    },
  };
}

/** Runs the benchmark, or the origin that it measures. Resolves with the exit code. */
export async function main(argv: string[]): Promise<number> {
  const { values } = parseArgs({
    args: argv,
    options: {
      clients: { type: 'string', default: '1000' },
      pollers: { type: 'string', default: '200' },
      publications: { type: 'string', default: '20' },
      serve: { type: 'boolean', default: false },
    },
  });
  const [clients, pollers, publications] = [values.clients, values.pollers, values.publications].map(Number) as [
    number,
    number,
    number,
  ];
  if (!(clients > 0 && clients <= 5000 && pollers >= 0 && pollers <= 1000 && publications > 0 && publications <= 100)) {
    console.error('at most 5000 clients, 1000 pollers, 100 publications');
    return 2;
  }
  if (values.serve) {
    await serve(clients);
    await new Promise(() => undefined);
  }
  const child = fork(fileURLToPath(new URL('./run-stream-load.mjs', import.meta.url)), [
    '--serve',
    '--clients',
    String(clients),
  ]);
  const limit = setTimeout(() => {
    console.error(`no result within ${TIME_LIMIT} s`);
    child.kill();
    process.exit(1);
  }, TIME_LIMIT * 1000);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const result: StreamLoad = {
    clients,
    pollers,
    publications,
    node: process.version,
    cores: cpus().length,
    measuredAt: new Date().toISOString(),
    loadAverage: loadavg()[0]!,
    ...(await measure(child, port, clients, pollers, publications)),
  };
  clearTimeout(limit);
  child.disconnect();
  child.kill();
  mkdirSync('bench/results', { recursive: true });
  writeFileSync('bench/results/stream-load.json', `${JSON.stringify(result, null, 2)}\n`);
  writeFileSync('docs/scale.md', withFigures(readFileSync('docs/scale.md', 'utf8'), result));
  console.log(JSON.stringify(result, null, 2));
  return result.clientsHeld === clients && result.dropped === 0 ? 0 : 1;
}
