import { describe, expect, it } from 'vitest';
import { createFileVersionStore } from '../../server/versions/file-version-store';
import { presets } from '../../src/shared/presets';
import { createRedisVersionStore } from '../../server/versions/redis-version-store';
import { cacheControlOf } from '../../server/layers/tile-headers';
import { createTileOrigin, type TileOriginOptions } from '../../server/tile-origin';
import { createMemoryVersionStore } from '../../server/versions/version-store';
import { recordingPurger, TOKEN } from './helpers';

/** Passes the options unchecked, as from JavaScript. */
const make = (options: unknown) => () => createTileOrigin(options as TileOriginOptions);
const layer = (roads: unknown) => ({ layers: { roads } });
const publish = (more: object) => ({ publish: { token: TOKEN, ...more } });
const refusal = (field: string, remedy: unknown = expect.any(String)) =>
  expect.objectContaining({ code: 'INVALID_OPTION', field, remedy });

describe('createTileOrigin', () => {
  it.each<[unknown, string, string]>([
    [{ publsh: { token: TOKEN } }, 'publsh', 'publish'],
    [layer({ prest: 'poi' }), 'layers.roads.prest', 'preset'],
    [layer({ preset: 'pois' }), 'layers.roads.preset', 'poi'],
    [layer({ edge: { template: 'https://t.test/{z}/{x}/{y}', zoom: [0, 6] } }), 'layers.roads.edge.zoom', 'zooms'],
    [publish({ purger: [] }), 'publish.purger', 'purgers'],
    [publish({ verify: { sample: 2 } }), 'publish.verify.sample', 'samples'],
    [{ paths: { version: '/v' } }, 'paths.version', 'versions'],
    [{ rum: { rateLimits: {} } }, 'rum.rateLimits', 'rateLimit'],
    [{ rum: { rateLimit: { burst: 1, perSeconds: 1 } } }, 'rum.rateLimit.perSeconds', 'perSecond'],
    [{ versions: { sharedMaxage: 5 } }, 'versions.sharedMaxage', 'sharedMaxAge'],
    [{ stream: { maxClient: 5 } }, 'stream.maxClient', 'maxClients'],
    [{ metrics: { registy: {} } }, 'metrics.registy', 'registry'],
  ])('refuses the mistyped %j and suggests the right name', (options, field, meant) => {
    expect(make(options)).toThrow(refusal(field, `Did you mean ${meant}?`));
  });

  it.each<[string, unknown, string]>([
    ['layers as a list', { layers: ['roads'] }, 'layers'],
    ['a layer that is no object', layer('base'), 'layers.roads'],
    ['an invalid layer name', { layers: { 'a\nb': {} } }, 'layers (a name in it)'],
    ['a window as a string', layer({ maxAge: '60s' }), 'layers.roads.maxAge'],
    ['a window below 0', layer({ maxAge: -1 }), 'layers.roads.maxAge'],
    ['a window that is NaN', layer({ staleWhileRevalidate: NaN }), 'layers.roads.staleWhileRevalidate'],
    ['an infinite window', layer({ sharedMaxAge: Infinity }), 'layers.roads.sharedMaxAge'],
    ['a version with a space', layer({ version: 'v 1' }), 'layers.roads.version'],
    ['an edge without a template', layer({ edge: {} }), 'layers.roads.edge.template'],
    ['a template without y', layer({ edge: { template: 'https://t.test/{z}/{x}' } }), 'layers.roads.edge.template'],
    ['no token', { publish: {} }, 'publish.token'],
    ['a short token', { publish: { token: 'short' } }, 'publish.token'],
    ['a token with a line break', { publish: { token: `${TOKEN}\n` } }, 'publish.token'],
    ['a token beyond ASCII', { publish: { token: `${TOKEN}\u00e9` } }, 'publish.token'],
    ['a purger that cannot purge', publish({ purgers: [{ name: 'cdn' }] }), 'publish.purgers[0]'],
    ['an unknown value of unknownLayers', publish({ unknownLayers: 'reject' }), 'publish.unknownLayers'],
    ['half a rate limit', { rum: { rateLimit: { burst: 5 } } }, 'rum.rateLimit.perSecond'],
    ['a heart-beat that no timer can hold', { stream: { heartbeat: Infinity } }, 'stream.heartbeat'],
    ['a path without a slash', { paths: { publish: 'publish' } }, 'paths.publish'],
    ['an object that is no store', { store: { path: 'versions.json' } }, 'store'],
    ['a clock that is no function', { now: 0 }, 'now'],
    ['null for the options', null, 'options'],
  ])('refuses %s', (_, options, field) => {
    expect(make(options)).toThrow(refusal(field));
  });

  it('never repeats a secret', () => {
    expect(make({ publish: { token: 'SECRET SECRET SECRET' } })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('SECRET') }),
    );
  });

  it('accepts every option, and absent ones', () => {
    const all: Required<TileOriginOptions> = {
      layers: {
        roads: {
          preset: 'poi',
          maxAge: 1,
          staleWhileRevalidate: 0,
          staleIfError: Infinity,
          sharedMaxAge: 5,
          version: 'v1',
          edge: { template: 'https://t.test/{z}/{x}/{y}', zooms: [0, 6], metadata: ['https://t.test/roads.json'] },
        },
        alerts: { ...presets.alerts },
        free: {},
      },
      store: createMemoryVersionStore(),
      publish: {
        token: TOKEN,
        purgers: [recordingPurger().purger],
        maxPurgeUrls: Infinity,
        onClear: () => undefined,
        makeVersion: () => 'v',
        unknownLayers: 'refuse',
        answerWithin: 5,
        verify: { samples: 2, limit: Infinity, timeout: 3, edgeStatus: () => 'hit', headers: { 'x-key': 'k' } },
      },
      hooks: { pipe: { secret: 'sixteen-characters', layer: 'roads', publication: () => undefined, maxAge: 60 } },
      versions: { sharedMaxAge: 0, epoch: 'two' },
      cors: { origins: ['https://maps.test'], maxAge: 0 },
      stream: {
        maxPerAddress: 5,
        addressOf: () => undefined,
        maxClients: Infinity,
        maxQueuedBytes: 1000,
        heartbeat: 0.5,
        retry: 1,
      },
      rum: {
        origins: ['https://maps.test'],
        rateLimit: { burst: 1, perSecond: 0.1 },
        addressOf: () => undefined,
        maxIds: 1,
        regions: ['eu'],
        clientWindow: 5,
      },
      metrics: {
        token: 'm',
        registry: { registerMetric: () => undefined, metrics: async () => '', contentType: 'text/plain' },
      },
      paths: { versions: '/v', stream: '/s', publish: '/p', rum: '/r', metrics: '/m' },
      layerOf: () => undefined,
      fetch,
      now: Date.now,
      sleep: async () => undefined,
    };
    expect(make(all)).not.toThrow();
    expect(make(Object.fromEntries(Object.keys(all).map((name) => [name, undefined])))).not.toThrow();
    expect(make({ publish: { token: TOKEN, verify: false } })).not.toThrow();
  });
});

describe('other functions with options', () => {
  it('refuses a layer whose Cache-Control would make no sense', () => {
    expect(() => cacheControlOf({ preset: 'pois' as 'poi' })).toThrow(refusal('preset', 'Did you mean poi?'));
    expect(() => cacheControlOf({ maxAge: '60s' as unknown as number })).toThrow(refusal('maxAge'));
  });

  it('refuses a file store without its path', () => {
    const store = (options: unknown) => () => createFileVersionStore(options as { path: string });
    expect(store({ file: 'versions.json' })).toThrow(refusal('file', 'Use path.'));
    expect(store({})).toThrow(refusal('path'));
    expect(store('versions.json')).toThrow(refusal('options'));
  });

  it('refuses a Redis store without its clients, or with a mistyped key', () => {
    const client = { get: async () => null, eval: async () => 1 };
    const subscriber = { subscribe: async () => 0, unsubscribe: async () => 0, on: () => 0, off: () => 0 };
    const store = (options: object) => () =>
      createRedisVersionStore(options as Parameters<typeof createRedisVersionStore>[0]);
    expect(store({ client, subscriber, key: 'k' })).not.toThrow();
    expect(store({ client })).toThrow(refusal('subscriber'));
    expect(store({ client: subscriber, subscriber })).toThrow(refusal('client'));
    expect(store({ client, subscriber, keys: 'k' })).toThrow(refusal('keys', 'Did you mean key?'));
  });
});
