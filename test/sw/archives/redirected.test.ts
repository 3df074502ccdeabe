// An archive behind a redirect, such as one to a signed URL of an object store, with real servers, a real fetch and a whole
// worker.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pmtiles } from '../../../sw/pmtiles';
import { createWorld } from '../fakes/world';
import { archiveOf, createArchiveHost, labelled, pyramid, type ArchiveHost } from './archive-host';

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown;
const servers: Server[] = [];
async function listen(answer: Answer): Promise<string> {
  const server = createServer((request, response) => void answer(request, response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

let host: ArchiveHost;
let fields: string[][];
let own: string;
beforeEach(async () => {
  host = createArchiveHost(await archiveOf(pyramid('one', 5), { tileType: 'unknown' }));
  fields = [];
  const bucket = await listen(async ({ headers, method, url }, response) => {
    const { range, 'if-match': match, 'if-none-match': none } = headers;
    fields.push(Object.keys({ ...(match && { match }), ...(none && { none }) }));
    if (method !== 'GET' || !url?.includes('signature=')) return response.writeHead(405).end();
    const answer = host.answer(new Request('https://bucket.example/', { headers: range ? { range } : {} }));
    const cors = { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'etag, content-range' };
    response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), ...cors });
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  let signed = 0;
  own = await listen((_, response) => {
    signed += 1;
    response.writeHead(302, { location: `${bucket}/roads.pmtiles?signature=${signed}` }).end();
  });
});
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

it('the worker follows the redirect for each request, and never sends a conditional header', async () => {
  const world = createWorld();
  const options = { layers: { roads: { archive: '/data/roads.pmtiles' } }, archives: pmtiles() };
  const start = () => world.start(options, { scope: `${own}/`, origin: own, fetch: (request) => fetch(request) });
  const get = async (cache: ReturnType<typeof start>, path: string) =>
    (await world.get(cache, `${own}/tiles/roads/${path}`)).text();
  const text = (edition: string, x: number) => new TextDecoder().decode(labelled(edition, { z: 5, x, y: 4 }));

  const cache = start();
  for (let x = 3; x < 8; x += 1) expect(await get(cache, `5/${x}/4`)).toBe(text('one', x));
  world.clock.now += 3600_000;
  const later = start();
  expect(await get(later, '5/3/4')).toBe(text('one', 3));
  expect(await get(later, '5/20/4')).toBe(text('one', 20));
  host.file = await archiveOf(pyramid('two', 5), { tileType: 'unknown' });
  expect(await get(later, '5/21/4')).toBe(text('two', 21));
  expect(fields.length).toBeGreaterThan(4);
  expect(fields.flat()).toEqual([]);
  expect(
    JSON.stringify([world.posted, [...world.caches.caches.values()].map((one) => [...one.entries])]),
  ).not.toContain('signature');
});
