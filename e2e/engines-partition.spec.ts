// A user logs out, in Chromium, Firefox and WebKit.
import { expect, settle, test, tile } from './fixtures/engine';
import { png } from './server/tiles';

test('after the ack of a logout, no tile of the user is stored, whatever was in flight', async ({
  server,
  controlled,
}) => {
  test.setTimeout(180_000);
  const paths = Array.from({ length: 8 }, (_, x) => `/tiles/mine/4/${x}/0.png`);
  // The origin still accepts the user: requests in flight at the logout get good answers, which must not be stored.
  for (const one of paths) server.on(one, { cc: 'private, max-age=3600', body: png('of ada', { padding: 20_000 }) });
  const page = await controlled(`{ layers: { mine: { partition: (request) => request.headers.get('x-user') } } }`);
  // Use another user in each round, because the worker stores nothing for some seconds after a logout.
  const rounds = await page.evaluate(async (paths) => {
    const clear = async (partition: string) => {
      const { port1, port2 } = new MessageChannel();
      const answered = new Promise<MessageEvent>((resolve) => (port1.onmessage = resolve));
      const message = { type: 'TILE_CLEAR', id: partition, partition };
      navigator.serviceWorker.controller!.postMessage(message, [port2]);
      return ((await answered).data as { ok: boolean }).ok;
    };
    const ask = async (path: string, user: string) => {
      const response = await fetch(path, { headers: { 'x-user': user } });
      const { byteLength } = await response.arrayBuffer();
      return byteLength > 0 ? (response.headers.get('cache-status') ?? '') : '';
    };
    const stored = async () => {
      const found: string[] = [];
      for (const name of await caches.keys()) {
        const cache = await caches.open(name);
        for (const request of await cache.keys())
          if ((await (await cache.match(request, { ignoreVary: true }))?.text())?.includes('of ada')) found.push(name);
      }
      return found;
    };
    const rounds = [];
    for (let round = 0; round < 4; round += 1) {
      // Store half of the tiles first, so that the worker is reading them at the logout.
      const user = `ada${round}`;
      await Promise.all(paths.slice(0, 4).map((path) => ask(path, user)));
      const early = paths.map((path) => ask(path, user));
      for (let turn = 0; turn < round; turn += 1) await early[turn];
      const ok = await clear(user);
      const answers = await Promise.all(early);
      rounds.push({ ok, answers: answers.filter(Boolean).length, stored: await stored() });
    }
    return rounds;
  }, paths);
  await settle(page);
  for (const round of rounds) expect(round).toEqual({ ok: true, answers: 8, stored: [] });
  const again = await tile(page, paths[0]!, { headers: { 'x-user': 'ada0' } });
  expect(again.headers['cache-status']).not.toContain('hit');
});
