// When the browser's storage is missing, full or broken, the map gets its tiles from the network.
import { expect, image, setQuota, settle, test, tile, workerSource } from './fixtures/test';

/** A worker whose storage is broken by a few lines before the user's code runs. */
const broken = (lines: string) =>
  workerSource().replace('createTileCache(', `${lines}\n  createTileCache(`);

const define = (name: string, value: string) => `Object.defineProperty(self, '${name}', { configurable: true, get: () => (${value}) });`;
const rejects = (method: string, error: string) => `${method} = () => Promise.reject(${error});`;
const quota = `new DOMException('full', 'QuotaExceededError')`;

const failures: Record<string, string> = {
  'Cache Storage is missing': define('caches', 'undefined'),
  'opening a cache throws': define('caches', `{ open() { throw new DOMException('denied', 'SecurityError'); } }`),
  'no cache can be opened': rejects('CacheStorage.prototype.open', `new DOMException('denied', 'SecurityError')`),
  'no cache can be read': rejects('Cache.prototype.match', `new DOMException('broken', 'UnknownError')`),
  'no cache can be written': rejects('Cache.prototype.put', quota),
  "a put is refused with something that is no Error, as in Firefox": rejects('Cache.prototype.put', `{ name: 'NS_ERROR_FILE_NO_DEVICE_SPACE', result: 2152857616 }`),
  'IndexedDB is missing': define('indexedDB', 'undefined'),
  'opening a database throws': `IDBFactory.prototype.open = () => { throw new DOMException('denied', 'SecurityError'); };`,
  'a database never opens': `IDBFactory.prototype.open = () => ({ addEventListener() {}, removeEventListener() {} });`,
  'no transaction can be begun': `IDBDatabase.prototype.transaction = () => { throw new DOMException('closing', 'InvalidStateError'); };`,
};

for (const [what, lines] of Object.entries(failures)) {
  test(`tiles come from the network when ${what}`, async ({ server, controlled }) => {
    server.on('/tiles/roads/1/0/0.png', { cc: 'max-age=60', etag: '"a"' });
    const page = await controlled(broken(lines));
    for (let time = 0; time < 3; time += 1) {
      const answer = await tile(page, '/tiles/roads/1/0/0.png');
      expect(answer.status, answer.error).toBe(200);
      expect(answer.label).toMatch('/tiles/roads/1/0/0.png#');
    }
    expect(await image(page, '/tiles/roads/2/0/0.png')).toBe(8);
  });
}

test('a full quota lets tiles through, and storing goes on when there is room again', async ({ server, controlled }) => {
  const page = await controlled();
  const url = (x: number) => `/tiles/roads/5/${x}/0.png?cc=max-age%3D60`;
  const end = await setQuota(page, server.url, 1);
  for (let x = 0; x < 5; x += 1) {
    const answer = await tile(page, url(x));
    await settle(page);
    expect(answer.label).toBe(`/tiles/roads/5/${x}/0.png#1`);
  }
  await end();
  await tile(page, url(9));
  await settle(page);
  const again = await tile(page, url(9));
  expect(again.headers['cache-status']).toContain('hit');
  expect(server.requests('/tiles/roads/5/9/0.png')).toHaveLength(1);
});
