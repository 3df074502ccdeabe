// Cloud-optimised files (GeoTIFF, FlatGeobuf, zip, GeoParquet) under a layer's path, which a page reads by ranges: with a real
// server, a real fetch and a whole worker. Whatever is stored, an answer contains the range that it claims to be.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../fakes/world';

const LENGTH = 60_000;
const fileOf = (edition: number, length = LENGTH) =>
  new Uint8Array(length).map((_, at) => (at * 31 + (at >> 8) + edition * 101) & 255);
const tagOf = (bytes: Uint8Array) => `"${createHash('sha1').update(bytes).digest('hex').slice(0, 8)}"`;

/** A host of one file that implements RFC 9110 section 14. */
interface FileHost {
  server: Server;
  url: string;
  file: Uint8Array<ArrayBuffer>;
  asked: string[];
  /** If true, ignores ranges. */
  whole?: boolean;
}

function parts(range: string, length: number): Array<[number, number]> | undefined {
  const specs = /^bytes=(.+)$/.exec(range)?.[1]?.split(',') ?? [];
  const read = specs.flatMap((spec): Array<[number, number]> => {
    const [first, last] = spec.trim().split('-') as [string, string];
    if (first === '') return Number(last) > 0 ? [[Math.max(0, length - Number(last)), length - 1]] : [];
    const end = last === '' ? length - 1 : Math.min(Number(last), length - 1);
    return Number(first) < length ? [[Number(first), end]] : [];
  });
  return specs.length > 0 ? read : undefined;
}

function answer(host: FileHost, request: IncomingMessage, response: ServerResponse): void {
  const { file } = host;
  const { range, 'if-range': ifRange, 'if-none-match': none, 'if-match': match } = request.headers;
  host.asked.push(`${request.method} ${range ?? 'all'}`);
  const etag = tagOf(file);
  const head = {
    etag,
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
    'cache-control': 'max-age=60',
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'etag, content-range, accept-ranges',
  };
  const send = (status: number, headers: Record<string, string | number>, body?: Uint8Array) =>
    response.writeHead(status, { ...head, ...headers }).end(request.method === 'HEAD' ? undefined : body);
  if (match !== undefined && match !== etag) return void send(412, {});
  if (none === etag) return void send(304, {});
  const wanted = range !== undefined && !host.whole && (ifRange ?? etag) === etag && request.method === 'GET';
  const read = wanted ? parts(range, file.length) : undefined;
  if (!read) return void send(200, { 'content-length': file.length }, file);
  if (read.length === 0) return void send(416, { 'content-range': `bytes */${file.length}` });
  if (read.length > 1) {
    const bodies = read.map(([first, last]) =>
      Buffer.concat([
        Buffer.from(`\r\n--cut\r\nContent-Range: bytes ${first}-${last}/${file.length}\r\n\r\n`),
        file.subarray(first, last + 1),
      ]),
    );
    const body = Buffer.concat([...bodies, Buffer.from('\r\n--cut--\r\n')]);
    return void send(206, { 'content-type': 'multipart/byteranges; boundary=cut' }, body);
  }
  const [[first, last]] = read as [[number, number]];
  const said = { 'content-range': `bytes ${first}-${last}/${file.length}`, 'content-length': last - first + 1 };
  send(206, said, file.subarray(first, last + 1));
}

async function listen(): Promise<FileHost> {
  const host = { file: fileOf(1), asked: [] as string[] } as unknown as FileHost;
  host.server = createServer((request, response) => answer(host, request, response));
  await new Promise<void>((resolve) => host.server.listen(0, '127.0.0.1', resolve));
  host.url = `http://127.0.0.1:${(host.server.address() as AddressInfo).port}`;
  return host;
}

let own: FileHost;
let far: FileHost;
let world: World;
let cache: ReturnType<World['start']>;
beforeEach(async () => {
  [own, far] = await Promise.all([listen(), listen()]);
  world = createWorld();
  const around = { scope: `${own.url}/`, origin: own.url, fetch: (request: Request) => fetch(request) };
  cache = world.start({ layers: { dem: {}, far: { template: `${far.url}/cogs/*` } } }, around);
});
afterEach(async () => {
  for (const { server } of [own, far]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const hostOf = (where: string) => (where === 'own' ? own : far);
const urlOf = (where: string) => (where === 'own' ? `${own.url}/tiles/dem/world.tif` : `${far.url}/cogs/world.tif`);

async function ask(where: string, headers: Record<string, string> = {}, init: RequestInit = {}) {
  const response = await world.get(cache, urlOf(where), { headers, ...init });
  const { status } = response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const get = (name: string) => response.headers.get(name);
  return { status, bytes, etag: get('etag'), range: get('content-range'), type: get('content-type'), get };
}
type Answer = Awaited<ReturnType<typeof ask>>;

/** Checks that the answer has the bytes that it claims, from the file with its ETag, and that it answers this range. */
function isTrue({ status, bytes, etag, range, type }: Answer, file: Uint8Array, asked: string): void {
  if (status !== 416) expect(etag, asked).toBe(tagOf(file));
  const wanted = parts(asked, file.length)!;
  if (status === 416) {
    expect(wanted).toEqual([]);
    expect(range).toBe(`bytes */${file.length}`);
  } else if (status === 200) {
    expect(range).toBe(null);
    expect(Buffer.from(bytes).equals(file), asked).toBe(true);
  } else {
    expect(status).toBe(206);
    if (type?.startsWith('multipart/')) return void expect(wanted.length).toBeGreaterThan(1);
    const [[first, last]] = wanted as [[number, number]];
    expect(range).toBe(`bytes ${first}-${last}/${file.length}`);
    expect(Buffer.from(bytes).equals(file.subarray(first, last + 1)), asked).toBe(true);
  }
}

const RANGES = [
  'bytes=0-16383',
  'bytes=20000-40000',
  'bytes=-1000',
  'bytes=-0',
  'bytes=59990-',
  `bytes=${LENGTH - 1}-${LENGTH + 99}`,
  `bytes=${LENGTH}-`,
  'bytes=0-9,500-509',
  'bytes=7-7',
  `bytes=-${LENGTH * 5}`,
];

describe.each(['own', 'far'])('a big file of the %s origin, read by ranges', (where) => {
  it.each<[string, () => Promise<unknown>]>([
    ['nothing is stored', async () => {}],
    ['the whole file is stored', () => ask(where)],
    [
      'the whole file is stored, and stale',
      async () => {
        await ask(where);
        world.clock.now += 3600_000;
      },
    ],
    [
      'the whole file was stored, and has been replaced by one of the same length',
      async () => {
        await ask(where);
        world.clock.now += 3600_000;
        hostOf(where).file = fileOf(2);
      },
    ],
    [
      'the whole file was stored, and has been replaced by a shorter one',
      async () => {
        await ask(where);
        world.clock.now += 3600_000;
        hostOf(where).file = fileOf(3, 45_000);
      },
    ],
    ['its host does not support ranges', async () => (hostOf(where).whole = true)],
  ])('is answered exactly if %s', async (_, before) => {
    for (const range of RANGES) {
      await before();
      isTrue(await ask(where, { range }), hostOf(where).file, range);
    }
    const head = await ask(where, { range: 'bytes=0-9' }, { method: 'HEAD' });
    expect([head.status, head.get('accept-ranges'), head.bytes.length]).toEqual([200, 'bytes', 0]);
  });

  it('is never combined from two files', async () => {
    const host = hostOf(where);
    const range = 'bytes=1000-1999';
    const [one, two] = [fileOf(1), fileOf(2)];
    for (const stored of [false, true]) {
      host.file = one;
      if (stored) await ask(where);
      const begun = await ask(where, { range });
      isTrue(begun, one, range);
      host.file = two;
      world.clock.now += 3600_000;
      // If-Range with the old ETag gets the whole new file, and If-Match gets nothing.
      const next = await ask(where, { range, 'if-range': begun.etag! });
      expect(next.status).toBe(200);
      isTrue(next, two, range);
      expect((await ask(where, { range, 'if-match': begun.etag! })).status).toBe(412);
      isTrue(await ask(where, { range, 'if-range': tagOf(two) }), two, range);
    }
  });

  it('stores no range, and no whole file that nobody requested', async () => {
    await ask(where, { range: 'bytes=0-9' });
    hostOf(where).whole = true;
    await ask(where, { range: 'bytes=0-9' });
    await ask(where, {}, { method: 'HEAD' });
    const entries = await Promise.all([...world.caches.caches.values()].map((one) => one.keys()));
    expect(entries.flat()).toEqual([]);
    // A range does not count as the whole file.
    const all = await ask(where);
    expect([all.status, all.bytes.length]).toEqual([200, LENGTH]);
  });

  it('is answered the same way while somebody reads the whole file', async () => {
    const answers = await Promise.all([ask(where), ...RANGES.map((range) => ask(where, { range })), ask(where)]);
    const file = hostOf(where).file;
    RANGES.forEach((range, i) => isTrue(answers[i + 1]!, file, range));
    for (const all of [answers[0]!, answers.at(-1)!]) expect(Buffer.from(all.bytes).equals(file)).toBe(true);
  });
});

it('passes on gigabytes instead of a range only as far as the page reads', async () => {
  let sent = 0;
  const around = {
    fetch: async () =>
      new Response(
        new ReadableStream({
          pull: (controller) => {
            sent += 1_000_000;
            controller.enqueue(new Uint8Array(1_000_000));
          },
        }),
        { headers: { 'content-length': '5000000000', 'content-type': 'image/tiff', 'cache-control': 'max-age=60' } },
      ),
  };
  const worker = world.start({}, around);
  const request = new Request('https://map.example/tiles/dem/world.tif', { headers: { range: 'bytes=0-9' } });
  const { response, done } = worker.handle({ request, address: worker.match(request.url)!, clientId: 'page' });
  const reader = (await response).body!.getReader();
  await reader.read();
  await reader.cancel();
  await done;
  expect(sent).toBeLessThan(8_000_000);
});

it('a file outside of all layers is not handled', () => {
  for (const path of ['/data/world.tif', '/world.fgb', '/tile/dem/world.tif'])
    expect(cache.match(`${own.url}${path}`)).toBeUndefined();
  expect(cache.match(`${far.url}/other/world.zip`)).toBeUndefined();
});
