import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { createFileVersionStore } from '../../../server/versions/file-version-store';
import { problem } from '../../../server/http/http';
import { TileCacheError } from '../../../src/shared/errors';
import { request, testOrigin } from '../helpers';

describe('an error as an answer', () => {
  it.each<[string, unknown, string | undefined]>([
    ['a foreign error', new Error('SECRET'), undefined],
    ['a thrown string', 'SECRET', undefined],
    ['a failed store', new TileCacheError({ code: 'STORAGE_FAILED', message: 'SECRET', remedy: 'SECRET' }), undefined],
    [
      'a wrong request',
      new TileCacheError({ code: 'INVALID_MESSAGE', field: 'bbox', message: 'bbox is wrong.', remedy: 'x' }),
      'bbox',
    ],
  ])('reveals of %s only what concerns the client', async (_what, error, field) => {
    const text = await problem(500, error).text();
    expect(text).not.toContain('SECRET');
    expect(JSON.parse(text).error.field).toBe(field);
  });

  it('does not name the file of the versions', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'origin-'));
    // A folder cannot be read as a file.
    const { origin } = testOrigin({ store: createFileVersionStore({ path: folder }) });
    const response = await origin.fetch(request('/api/tile-version'));
    const text = await response.text();
    expect([response.status, JSON.parse(text).error.code, text.includes(folder)]).toEqual([
      503,
      'STORAGE_FAILED',
      false,
    ]);
    await expect(origin.ready()).rejects.toMatchObject({ message: expect.stringContaining(folder) });
    await rm(folder, { recursive: true });
  });
});

describe('the metrics', () => {
  it('keep a registry that was passed in after one of its collectors failed, and do not repeat the error', async () => {
    const registry = new Registry();
    let broken = true;
    registry.registerMetric({
      name: 'theirs',
      reset: () => undefined,
      get() {
        if (broken) throw new Error('SECRET');
        return {
          name: 'theirs',
          help: 'h',
          type: 'gauge',
          aggregator: 'sum',
          values: [{ labels: {}, value: 7, metricName: 'theirs' }],
        };
      },
    } as never);
    const { origin } = testOrigin({ layers: { roads: { version: 'v1' } }, metrics: { registry } });
    const failed = await origin.fetch(request('/metrics'));
    expect([failed.status, await failed.text()]).toEqual([500, expect.not.stringContaining('SECRET')]);
    broken = false;
    const text = await (await origin.fetch(request('/metrics'))).text();
    expect(text).toContain('theirs 7');
    expect(text).toContain('tile_layer_revision{layer="roads"} 1');
  });

  it('refuse a token that no client can send', () => {
    expect(() => testOrigin({ metrics: { token: 'two words' } })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', field: 'metrics.token' }),
    );
  });
});
