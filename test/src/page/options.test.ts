import { describe, expect, it } from 'vitest';
import { createTileCacheClient } from '../../../src/client/client';
import { readOptions } from '../../../src/page/options';
import type { TileCacheClientOptions } from '../../../src/page/types';
import { createFakeBrowser } from '../fake-browser';

const BASE = 'https://maps.example/app/';

describe('options', () => {
  it('become absolute addresses and milliseconds, with the defaults filled in', () => {
    expect(
      readOptions(
        {
          serviceWorker: '/sw.js',
          versions: { url: 'v', stream: new URL('https://cdn.example/s') },
          rum: { endpoint: '/rum' },
        },
        BASE,
      ),
    ).toEqual({
      serviceWorker: 'https://maps.example/sw.js',
      versions: {
        believeAfter: { checks: 3, seconds: 120_000 },
        url: 'https://maps.example/app/v',
        interval: 60_000,
        stream: 'https://cdn.example/s',
      },
      rum: { endpoint: 'https://maps.example/rum' },
      timeout: 30_000,
    });
  });

  it('may be left out or undefined', () => {
    expect(readOptions({}, BASE)).toEqual({ timeout: 30_000 });
    expect(readOptions({ versions: undefined } as unknown as TileCacheClientOptions, BASE)).toEqual({
      timeout: 30_000,
    });
  });

  const bad: Array<[field: string, options: unknown]> = [
    ['options', null],
    ['options', 'text'],
    ['serviceWorker', { serviceWorker: '' }],
    ['serviceWorker', { serviceWorker: 42 }],
    ['serviceWorker', { serviceWorker: 'https://other.example/sw.js' }],
    ['serviceWorker', { serviceWorker: 'blob:https://maps.example/1' }],
    ['registration', { registration: 'module' }],
    ['registration.type', { registration: { type: 'worker' } }],
    ['registration.scope', { registration: { scope: 1 } }],
    ['registration.updateViaCache', { registration: { updateViaCache: 'maybe' } }],
    ['versions', { versions: '/api' }],
    ['versions.url', { versions: {} }],
    ['versions.url', { versions: { url: 'http://[' } }],
    ['versions.url', { versions: { url: 'javascript:alert(1)' } }],
    ['versions.interval', { versions: { url: '/v', interval: 0 } }],
    ['versions.interval', { versions: { url: '/v', interval: '60' } }],
    ['versions.interval', { versions: { url: '/v', interval: NaN } }],
    ['versions.interval', { versions: { url: '/v', interval: Infinity } }],
    ['versions.intervall', { versions: { url: '/v', intervall: 5 } }],
    ['versions.stream', { versions: { url: '/v', stream: 7 } }],
    ['rum', { rum: true }],
    ['rum.endpoint', { rum: {} }],
    ['rum.endpoint', { rum: { endpoint: 'ftp://x' } }],
    ['rum.sample', { rum: { endpoint: '/r', sample: 1.5 } }],
    ['rum.interval', { rum: { endpoint: '/r', interval: 0 } }],
    ['rum.region', { rum: { endpoint: '/r', region: 'a\nb' } }],
    ['rum.experiment', { rum: { endpoint: '/r', experiment: 'a\nb' } }],
    ['rum.send', { rum: { send: 'post' } }],
    ['timeout', { timeout: 0 }],
    ['timeout', { timeout: -1 }],
    ['worker', { worker: '/sw.js' }],
    ['toString', { toString: 1 }],
  ];

  it.each(bad)('bad %s is named: %j', (field, options) => {
    expect(() => readOptions(options as TileCacheClientOptions, BASE)).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field }),
    );
  });

  it.each(bad)('bad %s makes the client reject before it touches anything: %j', async (field, options) => {
    const browser = createFakeBrowser();
    const { env, container } = browser.openTab();
    await expect(createTileCacheClient(options as TileCacheClientOptions, env)).rejects.toMatchObject({
      code: 'INVALID_OPTION',
      field,
    });
    expect(container.registered).toEqual([]);
    expect(container.started).toBe(false);
    expect(browser.clock.pending()).toBe(0);
  });

  it('reveals no value: it may contain a secret', () => {
    const options = { versions: { url: 'http://[?token=hush' } };
    try {
      readOptions(options, BASE);
    } catch (error) {
      expect(JSON.stringify(error)).not.toContain('hush');
      return;
    }
    expect.unreachable();
  });
});
