import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { resolveLayer } from '../../src/shared/resolve-layer';
import { looksLikeToken } from '../../src/shared/secrets';
import { createTileMatcher } from '../../src/shared/tile-matcher';

const origin = 'https://map.test';
const match = createTileMatcher({ origin, layers: [], catchAll: (name) => resolveLayer(name, {}, { catchAll: true }) });

const NAMES = [
  'appid app_id app_code app_key tk ak sk sku auth auth_token authtoken access-token ocp-apim-subscription-key',
  'subscription-key AWSAccessKeyId Signature Policy Key-Pair-Id X-Amz-Credential X-Amz-Anything sig se sp sv Expires',
  'GoogleAccessId X-Goog-Signature hmac jwt bearer session sid apiKey API_KEY licence license client_id client-secret',
  'ticket password user t q id whatever style layers format',
]
  .join(' ')
  .split(' ');

describe('keys', () => {
  it('show no token, whatever its parameter is called, in query or path', () => {
    // Drawn by chance, as servers draw them: what shrinks to `aaaa` is no token.
    const digest = (encoding: 'hex' | 'base64url', length: number) =>
      fc.nat().map((seed) => createHash('sha256').update(`${seed}`).digest(encoding).slice(0, length));
    const token = fc.oneof(
      digest('hex', 32),
      digest('base64url', 32),
      digest('base64url', 43),
      digest('base64url', 43).map((text) => `eyJhbGciOiJI.${text}.x`),
      fc.uuid({ version: 4 }),
    );
    fc.assert(
      fc.property(token, fc.constantFrom(...NAMES), fc.boolean(), (secret, name, inPath) => {
        const url = inPath
          ? `${origin}/tiles/roads/${secret}/3/4/5.png`
          : `${origin}/tiles/roads/3/4/5.png?${name}=${secret}`;
        const { key, hidden, secrets, layer } = match(url)!;
        expect(key).not.toContain(secret);
        expect(layer.name).toBe('roads');
        // Nobody gets what belongs to another: it tells keys apart.
        expect(hidden + secrets).toContain(secret);
      }),
      { numRuns: 2000 },
    );
  });

  it('show nothing short either, unless its parameter is known to be harmless', () => {
    for (const name of NAMES.slice(0, -3))
      expect(match(`${origin}/tiles/a/3/4/5.png?${name}=hunter2`)!.key).not.toContain('hunter2');
    expect(match(`${origin}/tiles/a/3/4/5.png?style=night&layers=topp:states,b`)!.key).toContain(
      '?style=night&layers=topp%3Astates%2Cb',
    );
  });

  test.each([
    '2024-01-01T00:00:00.000Z',
    '-20037508.342789244,-20037508.342789244,0,0',
    'topp:states,topp:roads',
    'image/png',
    '1767225600000',
    'ne_10m_admin_0',
  ])('%s is no token', (text) => expect(looksLikeToken(text)).toBe(false));
});
