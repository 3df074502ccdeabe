import { spawnSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { RumBatch } from '../../src/shared/rum-schema';
import { request, testOrigin, TOKEN } from '../server/helpers';
import { rumBatch } from '../server/rum-batch';
import { program } from './programs';

/** Names that the exposition format must escape, and some that only look so. */
const NAMES = [
  ...['quote " and \\ backslash', 'topp:states', '{layer="x"}', 'a,b=c', '# HELP x', 'Straße', '道路', '🗺️ map'],
  ...['__proto__', 'constructor', 'e\u0301', '\u00e9', "it's", '%0a', '\\n', 'a\\', '"'],
];

/** Parses the text format (https://prometheus.io/docs/instrumenting/exposition_formats/) strictly. */
function parse(text: string): Array<{ name: string; labels: Record<string, string>; value: string }> {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, inside = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? expect.fail(line);
      const labels = Object.fromEntries(
        [...inside.matchAll(/(\w+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/g)].map(([, label, escaped]) => [
          label!,
          escaped!.replace(/\\(["\\n])/g, (_, char: string) => (char === 'n' ? '\n' : char)),
        ]),
      );
      return { name: name!, labels, value: value! };
    });
}

const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  request('/api/rum', { method: 'POST', body, headers: { 'content-type': 'text/plain;charset=UTF-8', ...headers } });

it('the exposition has what was sent, in any script, and promtool reads it', async () => {
  const { origin } = testOrigin({
    layers: Object.fromEntries(NAMES.slice(0, 8).map((name) => [name, {}])),
    rum: { rateLimit: { burst: 1e6, perSecond: 1e6 }, regions: NAMES.slice(0, 3), experiments: ['on', 'off'] },
    metrics: { registry: new Registry() },
    publish: {
      token: TOKEN,
      purgers: NAMES.concat('line\nbreak').map((name) => ({ name, purge: async () => ({ requests: 1, retries: 0 }) })),
    },
  });
  const send = async (batch: Partial<RumBatch>, body?: string) => {
    const text = body ?? JSON.stringify(rumBatch(batch));
    return (await origin.fetch(post(gzipSync(text), { 'content-encoding': 'gzip' }))).status;
  };
  for (const layer of NAMES) {
    const [tiles] = rumBatch().tiles;
    expect(
      await send({ tiles: [{ ...tiles!, layer }], region: layer, experiment: 'on', versions: { [layer]: 'v' } }),
    ).toBe(204);
    await origin.publishNow({ layer, version: 'v1' }).catch(() => undefined);
  }
  // Numbers that JSON can express but no page can have measured.
  const [tiles] = rumBatch().tiles;
  for (const number of [
    '1e999',
    '-1e999',
    '1e308',
    '-1',
    '-0.5',
    '5e-324',
    '"1"',
    'null',
    'NaN',
    '0x10',
    '9007199254740993',
  ]) {
    for (const field of ['count', 'ageSum', 'ageMax', 'staleServed', 'errors', 'zoom', 'mismatches', 'bytes']) {
      const body = JSON.stringify(rumBatch({ tiles: [{ ...tiles!, [field]: 'HERE' as never }] })).replace(
        '"HERE"',
        number,
      );
      // A tiny age still counts as an age, and a layer without zooms has no zoom band.
      const tame = number === '5e-324' ? field.startsWith('age') : field === 'zoom' && number === 'null';
      expect([field, number, await send({}, body)]).toEqual([field, number, tame ? 204 : 400]);
    }
    const vital = JSON.stringify(
      rumBatch({ vitals: [{ name: 'LCP', value: 'HERE' as never, cacheStatus: 'hit' }] }),
    ).replace('"HERE"', number);
    expect([number, await send({}, vital)]).toEqual([number, number === '5e-324' ? 204 : 400]);
  }
  const text = await (await origin.fetch(request('/metrics'))).text();
  const samples = parse(text);
  for (const { name, value } of samples)
    expect([name, Number(value) >= 0 && Number.isFinite(Number(value))]).toEqual([name, true]);
  const seen = (label: string, metric: string) =>
    new Set(samples.filter(({ name }) => name === metric).map(({ labels }) => labels[label]));
  expect(seen('layer', 'tile_requests_total')).toEqual(new Set([...NAMES.slice(0, 8), 'other']));
  expect(seen('region', 'tile_requests_total')).toEqual(new Set([...NAMES.slice(0, 3), 'other']));
  expect(seen('edge', 'tile_purges_outstanding')).toEqual(new Set([...NAMES, 'line\nbreak', 'origin']));
  const { status, stdout, stderr } = spawnSync(program('promtool'), ['check', 'metrics'], {
    input: text,
    encoding: 'utf8',
  });
  expect([status, stdout + stderr]).toEqual([0, '']);
  await origin.close();
});
