import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { request, testOrigin } from './helpers';

const stream = (chunks: number) =>
  new ReadableStream<Uint8Array>({
    pull(controller) {
      if (chunks-- > 0) controller.enqueue(new Uint8Array(100));
      else controller.close();
    },
  });

it('the origin counts the bytes that it sends, streamed or not, and none for a response without a body', async () => {
  const { origin } = testOrigin({ layers: { roads: { version: 'v1' } }, metrics: { registry: new Registry() } });
  const value = async (series: string) => {
    const text = await (await origin.fetch(request('/metrics'))).text();
    const line = text.split('\n').find((each) => each.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };
  const bytes = (layer: string) => value(`tile_origin_egress_bytes_total{layer="${layer}"}`);
  const answers = (kind: string) => value(`tile_origin_answers_total{layer="roads",kind="${kind}"}`);
  expect([await bytes('roads'), await bytes('other'), await answers('304')]).toEqual([0, 0, 0]);

  const ask = async (answer: Response, path = '/tiles/roads/1/0/0.pbf', method = 'GET') => {
    const response = await origin.tileHeaders(() => answer)(request(path, { method }));
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThanOrEqual(0);
    return response;
  };
  const tile = await ask(new Response(new Uint8Array(1000), { headers: { 'content-type': 'a/b' } }));
  expect([tile.status, tile.headers.get('content-type'), tile.headers.get('x-tile-version')]).toEqual([
    200,
    'a/b',
    'v1',
  ]);
  expect(await bytes('roads')).toBe(1000);
  await ask(new Response(stream(5)));
  expect(await bytes('roads')).toBe(1500);
  await ask(new Response(new Uint8Array(500), { headers: { 'content-length': '500' } }));
  expect(await bytes('roads')).toBe(2000);
  await ask(new Response(null, { status: 304, headers: { 'content-length': '500' } }));
  await ask(new Response(null, { status: 204 }));
  await ask(new Response(null, { headers: { 'content-length': '500' } }), '/tiles/roads/1/0/0.pbf', 'HEAD');
  expect(await bytes('roads')).toBe(2000);
  await ask(new Response('gone', { status: 404 }));
  expect([await answers('2xx'), await answers('304'), await answers('4xx')]).toEqual([5, 1, 1]);
  // A layer that is not configured gets no series.
  await ask(new Response('x'.repeat(7)), '/tiles/made-up/1/0/0.pbf');
  expect([await bytes('other'), await bytes('made-up')]).toEqual([7, undefined]);
  // For a reader that leaves, the bytes read so far count, and the source is cancelled.
  let ended = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(100)),
    cancel: () => void (ended = true),
  });
  const open = await origin.tileHeaders(() => new Response(endless))(request('/tiles/roads/1/0/0.pbf'));
  await open.body!.cancel();
  await expect.poll(() => ended).toBe(true);
  await origin.close();
});
