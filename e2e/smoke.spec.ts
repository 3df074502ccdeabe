import { expect, image, settle, stopWorker, test, tile } from './fixtures/test';

test.describe('a worker of two lines', () => {
  test('answers a fresh tile without asking the origin', async ({ server, controlled }) => {
    server.on('/tiles/roads/1/0/0.png', { cc: 'max-age=60', etag: '"a"' });
    const page = await controlled();
    const first = await tile(page, '/tiles/roads/1/0/0.png');
    await settle(page);
    const second = await tile(page, '/tiles/roads/1/0/0.png');
    expect(first.status).toBe(200);
    expect(first.headers['cache-status']).toContain('fwd=uri-miss');
    expect(second.headers['cache-status']).toContain('hit');
    expect(second.hash).toBe(first.hash);
    expect(server.requests('/tiles/roads/1/0/0.png')).toHaveLength(1);
  });

  test('answers <img> like fetch', async ({ server, controlled }) => {
    server.on('/tiles/roads/1/0/0.png', { cc: 'max-age=60' });
    const page = await controlled();
    expect(await image(page, '/tiles/roads/1/0/0.png')).toBe(8);
    await settle(page);
    expect((await tile(page, '/tiles/roads/1/0/0.png')).headers['cache-status']).toContain('hit');
    expect(server.requests()).toHaveLength(1);
  });

  test('still has the tile after a restart', async ({ server, controlled }) => {
    server.on('/tiles/roads/1/0/0.png', { cc: 'max-age=60' });
    const page = await controlled();
    await tile(page, '/tiles/roads/1/0/0.png');
    await settle(page);
    await stopWorker(page);
    const again = await tile(page, '/tiles/roads/1/0/0.png');
    expect(again.headers['cache-status']).toContain('hit');
    expect(server.requests()).toHaveLength(1);
  });

  test('leaves other requests alone', async ({ server, controlled }) => {
    server.on('/data/other.json', { cc: 'max-age=60' });
    const page = await controlled();
    expect((await tile(page, '/data/other.json')).headers['cache-status']).toBeUndefined();
  });
});
