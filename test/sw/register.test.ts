import { afterAll, afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
// Files share their modules: the next one must not get those that belong to this file's worker.
afterAll(() => void vi.resetModules());

it.each([
  [{ skipwaiting: true }, 'register.skipwaiting', 'skipWaiting'],
  [{ claim: 'yes' }, 'register.claim', 'register.claim'],
  [true, 'register', 'register'],
])('register(%j) is refused before the worker listens to anything: %s', async (options, field, remedy) => {
  const addEventListener = vi.fn();
  const scope = 'https://maps.test/';
  vi.stubGlobal('self', {
    ...{ addEventListener, fetch, crypto, performance, setTimeout, clearTimeout, caches: {}, clients: {} },
    ...{ registration: { scope }, location: new URL('sw.js', scope), navigator: { languages: [], userAgent: '' } },
  });
  vi.spyOn(console, 'error').mockImplementation(() => {});
  vi.resetModules();
  const { createTileCache } = await import('../../sw/tile-cache');
  const cache = createTileCache();
  addEventListener.mockClear();
  expect(() => cache.register(options as never)).toThrow(
    expect.objectContaining({ code: 'INVALID_OPTION', field, remedy: expect.stringContaining(remedy) }),
  );
  expect(addEventListener).not.toHaveBeenCalled();
});
