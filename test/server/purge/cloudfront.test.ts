import { createHash, createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { createCloudFrontPurger, type CloudFrontOptions } from '../../../server/purge/cloudfront';
import { signedHeaders } from '../../../server/purge/sigv4';
import { fakeClock, listen } from '../helpers';

const KEYS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
const closing: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

it('signs as AWS’s own example does', async () => {
  const { authorization } = await signedHeaders(
    {
      ...{ method: 'GET', url: 'https://example.amazonaws.com/', region: 'us-east-1', service: 'service' },
      at: Date.UTC(2015, 7, 30, 12, 36),
    },
    KEYS,
  );
  expect(authorization).toBe(
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, ' +
      'Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  );
});

interface Call {
  method: string;
  path: string;
  body: string;
}

const created = (id: string, status: string) =>
  `<?xml version="1.0"?>\n<Invalidation xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>${id}</Id><Status>${status}</Status><CreateTime>2026-01-01T00:00:00Z</CreateTime><InvalidationBatch><Paths><Quantity>1</Quantity></Paths></InvalidationBatch></Invalidation>`;
const error = (code: string, message = 'no') =>
  `<?xml version="1.0"?>\n<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>r</RequestId></ErrorResponse>`;

/** CloudFront's invalidations: refuses a request whose signature differs from its own computation. */
async function cloudFront(...answers: Array<[status: number, body: string]>) {
  const calls: Call[] = [];
  const clock = fakeClock();
  const { url, close } = await listen((incoming, outgoing) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    incoming.on('end', () => {
      const { method, url: path, headers } = incoming;
      const [, scope, names, signature] =
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/(\S+), SignedHeaders=(\S+), Signature=(\S+)$/.exec(
          headers.authorization ?? '',
        ) ?? [];
      const lines = (names ?? '')
        .split(';')
        .map((name) => `${name}:${String(headers[name])}\n`)
        .join('');
      const sha = (text: string) => createHash('sha256').update(text).digest('hex');
      const canonical = [method, path, '', lines, names, sha(body)].join('\n');
      const key = (scope ?? '')
        .split('/')
        .reduce<string | Buffer>(
          (secret, part) => createHmac('sha256', secret).update(part).digest(),
          `AWS4${KEYS.secretAccessKey}`,
        );
      const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha(canonical)].join('\n');
      const sound =
        scope?.endsWith('/us-east-1/cloudfront/aws4_request') &&
        createHmac('sha256', key).update(text).digest('hex') === signature;
      if (!sound) return void outgoing.writeHead(403).end(error('SignatureDoesNotMatch'));
      calls.push({ method: method!, path: path!, body });
      const [status, answer] = answers.length > 1 ? answers.shift()! : answers[0]!;
      outgoing.writeHead(status, { 'content-type': 'text/xml' }).end(answer);
    });
  });
  closing.push(close);
  const make = (options: Partial<CloudFrontOptions> = {}) =>
    createCloudFrontPurger({
      ...{
        distribution: 'EDFDVBD6EXAMPLE',
        credentials: KEYS,
        api: url,
        now: clock.now,
        sleep: clock.sleep,
        random: () => 0,
      },
      ...options,
    });
  return { calls, make, clock };
}

const layer = { layer: 'roads', tags: ['layer:roads'] };

describe('a CloudFront distribution', () => {
  it('is purged by the paths of a layer, and is done once every location is', async () => {
    const { calls, make } = await cloudFront(
      [201, created('I1', 'InProgress')],
      [200, created('I1', 'InProgress')],
      [200, created('I1', 'Completed')],
    );
    expect(await make().purge(layer)).toEqual({ requests: 3, retries: 0, detail: 'confirmed by every location' });
    expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /2020-05-31/distribution/EDFDVBD6EXAMPLE/invalidation',
      ...Array<string>(2).fill('GET /2020-05-31/distribution/EDFDVBD6EXAMPLE/invalidation/I1'),
    ]);
    expect(calls[0]!.body).toContain(
      '<Paths><Quantity>2</Quantity><Items><Path>/tiles/roads/*</Path><Path>/tiles/roads.*</Path></Items></Paths>',
    );
  });

  it('is purged by URL, 3,000 at a time, each path once and escaped', async () => {
    const { calls, make } = await cloudFront([201, created('I1', 'Completed')]);
    const urls = Array.from({ length: 3001 }, (_, x) => `https://cdn.test/tiles/roads/14/${x}/1.pbf?v=1&s=2`);
    await make().purge({ ...layer, urls: [...urls, urls[0]!] });
    expect(calls.map(({ body }) => /<Quantity>(\d+)/.exec(body)![1])).toEqual(['3000', '1']);
    expect(calls[0]!.body).toContain('<Path>/tiles/roads/14/0/1.pbf?v=1&#38;s=2</Path>');
  });

  it.each<[string, Array<[number, string]>, RegExp]>([
    ['a login page', [[200, '<html><Id>I1</Id><Status>Completed</Status></html>']], /unreadable/],
    ['nothing', [[201, '']], /unreadable/],
    [
      'a missing permission',
      [[403, error('AccessDenied', 'not \u001b[31m you')]],
      /403: AccessDenied not {2}?\[31m you/,
    ],
    ['no such distribution', [[404, error('NoSuchDistribution')]], /NoSuchDistribution/],
    ['an invalidation that never ends', [[201, created('I1', 'InProgress')]], /invalidation I1 is still InProgress/],
    [
      'an invalidation that is gone',
      [
        [201, created('I1', 'InProgress')],
        [404, error('NoSuchInvalidation')],
      ],
      /NoSuchInvalidation/,
    ],
    [
      'another one',
      [
        [201, created('I1', 'InProgress')],
        [200, created('I2', 'Completed')],
      ],
      /I1 is still InProgress/,
    ],
  ])('has not purged if it answers with %s', async (_, answers, why) => {
    const { make } = await cloudFront(...answers);
    await expect(make().purge(layer)).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
      message: expect.stringMatching(why),
    });
  });

  it('gets the request again, with the same reference, if too many are in progress or a check fails', async () => {
    const { calls, make } = await cloudFront(
      [400, error('TooManyInvalidationsInProgress')],
      [201, created('I1', 'InProgress')],
      [503, '<html>'],
      [400, error('Throttling')],
      [200, created('I1', 'Completed')],
    );
    expect(await make().purge(layer)).toMatchObject({ requests: 5, retries: 1 });
    const references = calls
      .filter(({ method }) => method === 'POST')
      .map(({ body }) => /<CallerReference>(.+)</.exec(body)![1]);
    expect(new Set(references).size).toBe(1);
  });

  it('refuses a layer that no path can express, and reveals no secret', async () => {
    const { calls, make } = await cloudFront([
      403,
      error('InvalidSignature', `${KEYS.secretAccessKey} is wrong, and so is s3ss10n-token`),
    ]);
    await expect(make().purge({ ...layer, tags: ['layer:roads', 'region:nyc'] })).rejects.toMatchObject({
      message: expect.stringContaining('region:nyc'),
    });
    expect(calls).toHaveLength(0);
    const message = await make({ credentials: async () => ({ ...KEYS, sessionToken: 's3ss10n-token' }) })
      .purge(layer)
      .catch((failure: Error) => failure.message);
    expect(message).toContain('*** is wrong, and so is ***');
  });

  it.each<[string, () => never | { accessKeyId: string; secretAccessKey: string }, string, number]>([
    [
      'a provider that fails',
      () => {
        throw Object.assign(new Error(`token ${KEYS.secretAccessKey} is expired`), { name: 'ExpiredTokenException' });
      },
      'cloudfront: its credentials could not be loaded: ExpiredTokenException',
      3,
    ],
    [
      'a provider that returns nothing',
      () => undefined as never,
      'cloudfront: its credentials cannot be used: cloudfront needs credentials',
      1,
    ],
    [
      'a key with a line break',
      () => ({ ...KEYS, secretAccessKey: `${KEYS.secretAccessKey}\n` }),
      'cloudfront: its credentials cannot be used: credentials.secretAccessKey must be printable ASCII without spaces and line breaks',
      1,
    ],
  ])('explains %s without revealing a secret', async (_, give, message, tries) => {
    const { make, calls } = await cloudFront([201, created('I1', 'Completed')]);
    let asked = 0;
    const purger = make({
      attempts: 3,
      credentials: () => {
        asked += 1;
        return give();
      },
    });
    await expect(purger.purge({ layer: 'roads', tags: ['layer:roads'] })).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
      message,
    });
    expect([asked, calls.length]).toEqual([tries, 0]);
  });

  it('needs a distribution, and keys that headers can carry', () => {
    const bad = (options: object) => () => createCloudFrontPurger({ distribution: 'E', credentials: KEYS, ...options });
    for (const [options, field] of [
      [{ distribution: '' }, 'distribution'],
      [{ credentials: undefined }, 'credentials'],
      [{ credentials: { ...KEYS, secretAccessKey: '' } }, 'credentials'],
      [{ credentials: { ...KEYS, secretAccessKey: 'a\nb' } }, 'credentials.secretAccessKey'],
      [{ api: 'ftp://x' }, 'api'],
    ] as const)
      expect(bad(options)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION', field }));
  });
});
