import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { s3Objects } from '../../server/hooks/s3-objects';
import type { TileOriginOptions } from '../../server/origin-types';
import { createMemoryVersionStore } from '../../server/versions/version-store';
import { request, testOrigin } from './helpers';

const SECRET = 'a-secret-of-the-hook';
const sign = (text: string, secret = SECRET) => `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`;

function hooked(hooks: TileOriginOptions['hooks'] = {}, more: TileOriginOptions = {}) {
  const made = testOrigin({
    layers: { roads: { version: 'v1' } },
    hooks: { pipe: { secret: SECRET }, ...hooks },
    ...more,
  });
  const post = async (body: string, headers: Record<string, string> = {}, name = 'pipe') => {
    const response = await made.origin.fetch(
      request(`/api/hooks/${name}`, {
        method: 'POST',
        body,
        headers: { 'x-hub-signature-256': sign(body), ...headers },
      }),
    );
    const text = await response.text();
    await new Promise((resolve) => setTimeout(resolve, 0));
    return { status: response.status, text };
  };
  return { ...made, post };
}

describe('a webhook', () => {
  it("publishes its body, signed as in GitHub's own example", async () => {
    // https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries
    const { origin } = testOrigin({
      hooks: {
        github: { secret: "It's-a-Secret-to-Everybody", publication: () => ({ layer: 'roads', version: 'v2' }) },
      },
    });
    expect(sign('Hello, World!', "It's a Secret to Everybody")).toBe(
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    );
    const body = 'Hello, World!';
    const headers = { 'x-hub-signature-256': sign(body, "It's-a-Secret-to-Everybody") };
    const response = await origin.fetch(request('/api/hooks/github', { method: 'POST', body, headers }));
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ job: { layer: 'roads', state: 'running' } });
    await expect.poll(() => origin.version('roads')).toBe('v2');
  });

  it('accepts a publication as its body', async () => {
    const { origin, post } = hooked();
    expect((await post('{"layer":"roads","version":"v2","bbox":[0,0,1,1]}')).status).toBe(202);
    await expect.poll(() => origin.version('roads')).toBe('v2');
  });

  it('reads GitHub’s default form encoding, and JSON sent with the type of a form', async () => {
    const { origin, post } = hooked();
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = `payload=${encodeURIComponent('{"layer":"roads","version":"a+b"}')}`;
    expect((await post(body, form)).status).toBe(202);
    await expect.poll(() => origin.version('roads')).toBe('a+b');
    // As curl -d sends it.
    expect((await post('{"layer":"roads","version":"v3"}', form)).status).toBe(202);
    await expect.poll(() => origin.version('roads')).toBe('v3');
    for (const [text, headers] of [
      ['payload=nothing', form],
      ['payload=%7B%22layer%22%3A%22roads%22%7D', {}],
      ['other=1', form],
    ] as const)
      expect((await post(text, headers)).status).toBe(400);
  });

  it('publishes everything that a delivery names, and reports a body that is not JSON', async () => {
    const { origin, post } = hooked({
      bucket: {
        secret: SECRET,
        publication: ({ payload }) => {
          if (payload === null) throw new TypeError('no payload');
          return s3Objects(payload).map(({ key, etag = 'v' }) => ({ layer: key, version: etag }));
        },
      },
    });
    const record = (key: string) => ({ s3: { bucket: { name: 'b' }, object: { key, eTag: `tag-of-${key}` } } });
    const { status, text } = await post(JSON.stringify({ Records: ['roads', 'rivers'].map(record) }), {}, 'bucket');
    expect([status, JSON.parse(text).jobs.map(({ layer }: { layer: string }) => layer)]).toEqual([
      202,
      ['roads', 'rivers'],
    ]);
    await expect.poll(() => origin.version('roads')).toBe('tag-of-roads');
    await expect.poll(() => origin.version('rivers')).toBe('tag-of-rivers');
    expect((await post('{"Records":[]}', {}, 'bucket')).text).toContain('ignored');
    expect((await post(JSON.stringify({ Records: Array(17).fill(record('a')) }), {}, 'bucket')).status).toBe(400);
    expect(await post('<xml/>', {}, 'bucket')).toMatchObject({
      status: 400,
      text: expect.stringContaining('"field":"body"'),
    });
  });

  it.each([
    ['no signature', { 'x-hub-signature-256': '' }],
    [
      'a signature with another secret',
      { 'x-hub-signature-256': sign('{"layer":"roads","version":"v2"}', 'another-secret-here') },
    ],
    ['a signature of another body', { 'x-hub-signature-256': sign('{}') }],
    ['the older signature alone', { 'x-hub-signature-256': '', 'x-hub-signature': 'sha1=00' }],
    ['an unsigned timestamp', { 'x-tile-timestamp': '0' }],
  ])('with %s is refused without a word about the secret', async (_, headers) => {
    const { origin, post } = hooked();
    const { status, text } = await post('{"layer":"roads","version":"v2"}', headers);
    expect([status, text.includes(SECRET)]).toEqual([401, false]);
    expect(await origin.version('roads')).toBe('v1');
  });

  it('may be delivered again after a failure: its publication is not lost', async () => {
    const store = createMemoryVersionStore();
    let broken = true;
    const purger = {
      name: 'cdn',
      purge: async () => (broken ? Promise.reject(new Error('down')) : { requests: 1, retries: 0 }),
    };
    const { origin, post } = hooked({}, { store, publish: { token: 'a-token-for-tests-only', purgers: [purger] } });
    const body = '{"layer":"roads","version":"v2"}';
    expect((await post(body)).status).toBe(202);
    await expect.poll(() => origin.version('roads')).toBe('v2');
    broken = false;
    await expect.poll(async () => (await post(body)).status).toBe(202);
    await expect.poll(async () => (await store.read()).layers.roads!.owed).toBeUndefined();
    expect((await post(body)).text).toContain('it was delivered before');
  });

  it('changes nothing when sent again, here or to another instance', async () => {
    const store = createMemoryVersionStore();
    const [one, two] = [hooked({}, { store }), hooked({}, { store })];
    const plain = '{"layer":"roads","tags":["a"]}';
    expect((await one.post(plain)).status).toBe(202);
    await expect.poll(async () => (await one.origin.version('roads')) !== 'v1').toBe(true);
    const version = await one.origin.version('roads');
    expect(await one.post(plain)).toMatchObject({ status: 200, text: expect.stringContaining('delivered before') });
    // An unsigned header does not make it a new delivery.
    expect((await one.post(plain, { 'x-github-delivery': 'another' })).status).toBe(200);
    expect((await two.post(plain)).status).toBe(202);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([await one.origin.version('roads'), await two.origin.version('roads')]).toEqual([version, version]);
  });

  it('with a signed timestamp may repeat its content later, but a replay is refused', async () => {
    const { origin, post, clock } = hooked();
    const body = '{"layer":"roads"}';
    const stamped = (at: number) => ({
      'x-tile-timestamp': String(at),
      'x-hub-signature-256': sign(`${at}.${body}`),
    });
    expect((await post(body, stamped(0))).status).toBe(202);
    await expect.poll(async () => (await origin.version('roads')) !== 'v1').toBe(true);
    const first = await origin.version('roads');
    clock.advance(200);
    expect((await post(body, stamped(200))).status).toBe(202);
    await expect.poll(async () => (await origin.version('roads')) !== first).toBe(true);
    clock.advance(200);
    expect(await post(body, stamped(0))).toMatchObject({ status: 401, text: expect.stringContaining('too old') });
  });

  it.each([
    ['a ping', '{"zen":"Keep it logically awesome."}', { 'x-github-event': 'ping' }, 'pipe', 200],
    ['a delivery that names no tiles', '{"ref":"refs/heads/docs"}', {}, 'github', 200],
    ['no publication', '{"layer":7}', {}, 'pipe', 400],
    ['no JSON', 'layer=roads', {}, 'pipe', 400],
    ['an unknown hook', '{"layer":"roads"}', {}, 'other', 404],
    ['a name of the prototype', '{"layer":"roads"}', {}, 'constructor', 404],
  ])('publishes nothing for %s', async (_, body, headers, name, status) => {
    const { origin, post } = hooked({ github: { secret: SECRET, publication: () => undefined } });
    expect((await post(body, headers, name)).status).toBe(status);
    expect(await origin.version('roads')).toBe('v1');
  });

  it.each([
    [{ pipe: { secret: 'short' } }, 'hooks.pipe.secret'],
    [{ pipe: {} }, 'hooks.pipe.secret'],
    [{ 'a/b': { secret: SECRET } }, 'hooks.a/b'],
    [{ pipe: { secret: SECRET, layers: 'x' } }, 'hooks.pipe.layers'],
  ])('refuses the options %j', (hooks, field) => {
    expect(() => testOrigin({ hooks } as never)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', field }));
  });
});

it('reads the notifications of an S3-like store', () => {
  const event = {
    Records: [
      {
        eventName: 's3:ObjectCreated:Put',
        s3: { bucket: { name: 'tiles' }, object: { key: 'flood+zones/a%2Bb.pmtiles', eTag: '3f2a9c1b' } },
      },
      { eventName: 'ObjectRemoved:Delete', s3: { bucket: { name: 'tiles' }, object: { key: '%' } } },
      { s3: {} },
      null,
    ],
  };
  expect(s3Objects(event)).toEqual([
    { bucket: 'tiles', key: 'flood zones/a+b.pmtiles', etag: '3f2a9c1b', removed: false },
    { bucket: 'tiles', key: '%', removed: true },
  ]);
  expect([s3Objects(null), s3Objects({ Records: 'x' })]).toEqual([[], []]);
});

it.each([
  ['LifecycleExpiration:Delete', true],
  ['LifecycleExpiration:DeleteMarkerCreated', true],
  ['ObjectLifecycle:Expiration:Current', true],
  ['ObjectLifecycle:Expiration:NonCurrent', false],
  ['ObjectRestore:Completed', false],
])('knows from %s whether a rule of the bucket removed the object', (eventName, removed) => {
  const event = { Records: [{ eventName, s3: { bucket: { name: 'tiles' }, object: { key: 'a.pmtiles' } } }] };
  expect(s3Objects(event)).toEqual([{ bucket: 'tiles', key: 'a.pmtiles', removed }]);
});

it('also reads the notifications of EventBridge, SNS and R2', () => {
  const made = { bucket: 'tiles', key: 'a+b%20c.pmtiles', etag: '3f2a9c1b', removed: false };
  const bridge = (type: string) => ({
    ...{ version: '0', 'detail-type': type, source: 'aws.s3' },
    detail: { version: '0', bucket: { name: 'tiles' }, object: { key: made.key, size: 5, etag: made.etag } },
  });
  expect(s3Objects(bridge('Object Created'))).toEqual([made]);
  expect(s3Objects(bridge('Object Deleted'))).toEqual([{ ...made, removed: true }]);
  const r2 = (action: string) => ({ action, bucket: 'tiles', object: { key: made.key, size: 5, eTag: made.etag } });
  expect([r2('PutObject'), r2('DeleteObject'), r2('LifecycleDeletion')].flatMap(s3Objects)).toEqual([
    made,
    ...[
      { ...made, removed: true },
      { ...made, removed: true },
    ],
  ]);
  const record = { eventName: 'ObjectCreated:Put', s3: { bucket: { name: 'tiles' }, object: { key: 'a', eTag: 'b' } } };
  const wrapped = (message: object) => ({ Type: 'Notification', Message: JSON.stringify(message) });
  expect(s3Objects(wrapped({ Records: [record] }))).toEqual([{ bucket: 'tiles', key: 'a', etag: 'b', removed: false }]);
  const none = [
    wrapped(wrapped({ Records: [record] })),
    { Type: 'Notification', Message: '{' },
    { detail: {} },
    { bucket: 'x' },
  ];
  expect(none.flatMap(s3Objects)).toEqual([]);
});
