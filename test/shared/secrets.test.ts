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
  it('contain no token, whatever the name of its parameter, in query or path', () => {
    // Random, as servers draw them: a value that shrinks to `aaaa` is no token.
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
        // Nobody gets another user's tile: the token still distinguishes keys.
        expect(hidden + secrets).toContain(secret);
      }),
      { numRuns: 2000 },
    );
  });

  it('contain no short value either, unless its parameter is known to be harmless', () => {
    for (const name of NAMES.slice(0, -3))
      expect(match(`${origin}/tiles/a/3/4/5.png?${name}=hunter2`)!.key).not.toContain('hunter2');
    expect(match(`${origin}/tiles/a/3/4/5.png?style=night&layers=topp:states,b`)!.key).toContain(
      '?style=night&layers=topp%3Astates%2Cb',
    );
  });

  test.each([
    ['Tencent', '3/4/5.png?q-sign-algorithm=sha1&q-ak=hunter2&q-signature=hunter2'],
    ['Volcengine', '3/4/5.png?X-Tos-Signature=hunter2'],
    ["Google's media CDN", '3/4/5.png?URLPrefix=hunter2&KeyName=hunter2&Signature=hunter2'],
    ['Akamai', '3/4/5.png?hdntl=exp=1~acl=/*~hmac=hunter2'],
    ['Akamai, older', '3/4/5.png?__gda__=1_hunter2'],
    ['Wangsu', '3/4/5.png?wsSecret=hunter2'],
    ['Azure', '3/4/5.png?sv=2024-01-01&sr=b&sig=hunter2'],
    ['S3, of a session', '3/4/5.png?X-Amz-Security-Token=hunter2&versionId=hunter2&x-id=GetObject'],
    ['CloudFront, with a hash', '3/4/5.png?Policy=hunter2&Signature=hunter2&Key-Pair-Id=hunter2&Hash-Algorithm=SHA256'],
    ['GCS, of an edition', '3/4/5.png?X-Goog-Credential=hunter2&X-Goog-Signature=hunter2&generation=1360887697105000'],
    ['Bunny', '3/4/5.png?token=hunter2&expires=1767225600&token_path=%2Fhunter2%2F'],
    ['Bunny, in the path', 'bcdn_token=hunter2&expires=1767225600&token_path=%2Ftiles%2F/3/4/5.png'],
    ['Cloudflare', '3/4/5.png?verify=1767225600-hunter2%3D'],
    ['Cloudflare, by an HMAC', '3/4/5.png?mac=hunter2&expiry=1767225600'],
    ['Fastly', '3/4/5.png?token=1767225600_hunter2'],
    ['Alibaba', '3/4/5.png?auth_key=1767225600-0-0-hunter2'],
    ['nginx', '3/4/5.png?md5=hunter2&expires=2147483647'],
    ['TiTiler, whose source is signed', '3/4/5@2x?url=https%3A%2F%2Fb.test%2Fa.tif%3Fsig%3Dhunter2&rescale=0,255'],
    ['a list', '3/4/5.png?access_token[]=hunter2'],
    ['a nested one', '3/4/5.png?auth[token]=hunter2'],
    ['escaped', '3/4/5.png?%74oken=hunter2'],
    ['a place that holds numbers elsewhere', '3/4/5.png?x=hunter2&z=hunter2'],
    ['a source within', '3/4/5.png?url=s3%3A%2F%2Fme%3Ahunter2%40b%2Fk.tif'],
    ['a user', '3/4/5.png?hunter2'],
    ['named in the path', 'token=hunter2/3/4/5.png'],
    ['named in the path, otherwise', 'apikey:hunter2/3/4/5.png'],
    ['named in the path, escaped', 'key%3Dhunter2/3/4/5.png'],
    ['Cloudinary', 's--hunter2x--/3/4/5.png'],
    ['Lantmäteriet', 'wmts/token/hunter2/1.0.0/topowebb/default/3857/3/4/5.png'],
    ['a path of name and value', 'api_key/hunter2/3/4/5.png'],
    ['the same, of a word', 'v1/key/hunter2/3/4/5.png'],
  ])('contain no secret of %s', (_, end) => {
    const { key, hidden, secrets } = match(`${origin}/tiles/roads/${end}`)!;
    expect(key).not.toContain('hunter2');
    expect(hidden + secrets).toContain('hunter2');
  });

  test.each([
    'X-Plex-Token',
    'wmsToken',
    'map_token',
    'security_token',
    'my_apikey',
    'viewerPassword',
    'tile-signature',
  ])('differ between users if a name ends like that of a secret: %s', (name) => {
    const { key, hidden, secrets } = match(`${origin}/tiles/roads/3/4/5.png?${name}=hunter2&style=a`)!;
    expect([key.endsWith('?style=a'), hidden, secrets]).toEqual([true, '', `${name.toLowerCase()}=hunter2`]);
  });

  it('contain the names of grids and layers that are one word', () => {
    const names = 'GoogleMapsCompatible WebMercatorQuad WorldCRS84Quad CanadianNAD83LCC WorldElevation3D'.split(' ');
    for (const name of names) {
      const { key, hidden } = match(`${origin}/tiles/roads/${name}/3/4/5.png?layers=${name}`)!;
      expect([key, hidden]).toEqual([`${origin}/__stc/@roads/tiles/${name}/3/4/5.png?layers=${name}`, '']);
    }
  });

  test.each([
    ['/t/{z}/{x}/{y}/*', '/t/6/4/5/12.png', '/t/6/4/51/2.png'],
    ['/t/{quadkey}/*', '/t/000033/12', '/t/0000332/2'],
    ['/t/{z}/{x}/{y}*', '/t/6/4/5/12.png', '/t/6/4/51/2.png'],
  ])('distinguish rows whatever follows them: %s', (template, one, other) => {
    const own = createTileMatcher({ origin, layers: [resolveLayer('a', { template })] });
    expect(own(origin + one)!.tile).not.toEqual(own(origin + other)!.tile);
    expect(own(origin + one)!.key).not.toBe(own(origin + other)!.key);
  });

  test.each([
    '2024-01-01T00:00:00.000Z',
    '-20037508.342789244,-20037508.342789244,0,0',
    'topp:states,topp:roads',
    'image/png',
    '1767225600000',
    'ne_10m_admin_0',
    'MODIS_Terra_CorrectedReflectance_TrueColor',
    'GetFeatureInfo',
    'topp:TasmaniaWaterBodies',
    'EuropeanETRS89LAEAQuad',
    'LINZAntarticaMapTilegrid',
    'BlueMarbleNextGeneration',
  ])('%s is no token', (text) => expect(looksLikeToken(text)).toBe(false));
});
