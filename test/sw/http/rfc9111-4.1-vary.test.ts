import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectingFields, variantIn, varyFields, type VaryRequest } from '../../../sw/http/vary';

const ENV = { languages: ['de', 'en'], userAgent: 'Browser/1', origin: 'https://map.example', saveData: () => false };
const OWN = 'https://map.example/tiles/1/0/0.png';
const FAR = 'https://tiles.example/1/0/0.png';

const req = (headers: Record<string, string> = {}, rest: Partial<VaryRequest> = {}): VaryRequest => ({
  headers: new Headers(headers),
  mode: 'cors',
  url: OWN,
  credentials: 'same-origin',
  referrer: 'https://map.example/app?x=1',
  referrerPolicy: '',
  ...rest,
});
const variant = (vary: string, request: VaryRequest, env = ENV) =>
  variantIn({ shareAcrossCredentials: false }, varyFields(new Headers({ Vary: vary })), request, env);
const same = (vary: string, a: VaryRequest, b: VaryRequest) => variant(vary, a) === variant(vary, b);

describe('RFC 9111 section 4.1: parsing Vary', () => {
  it.each<[string, string | null, string[]]>([
    ['4.1: none', null, []],
    ['4.1: empty', '', []],
    ['4.1: only commas', ' , ,', []],
    ['4.1: names in any case', 'Accept, ORIGIN', ['accept', 'origin']],
    ['4.1: *', '*', ['*']],
    ['4.1: * twice', '*, *', ['*']],
    ['4.1: * behind an empty member', ', *', ['*']],
    ['9110 5.1: invalid field names are ignored', 'Accept-Encoding; q=1, "Origin", Accept Language, Foo', ['foo']],
    ['9110 5.1: only invalid field names', 'Accept-Encoding;q=1', []],
    ['4.1: * among names', 'Accept, *, Origin', ['*']],
  ])('%s', (_, value, expected) =>
    expect(varyFields(new Headers(value === null ? {} : { Vary: value }))).toEqual(expected),
  );
});

describe('RFC 9111 section 4.1: selecting a variant', () => {
  it.each<[string, string, VaryRequest, VaryRequest, boolean]>([
    ['4.1: the same value', 'Foo', req({ Foo: '1' }), req({ Foo: '1' }), true],
    ['4.1: another value', 'Foo', req({ Foo: '1' }), req({ Foo: '2' }), false],
    ['4.1: absent in both', 'Foo', req(), req(), true],
    ['4.1: absent in one', 'Foo', req({ Foo: '1' }), req(), false],
    ['4.1: empty is not absent', 'Foo', req({ Foo: '' }), req(), false],
    ['4.1: values are not moved from one field to another', 'Foo, Bar', req({ Foo: '1' }), req({ Bar: '1' }), false],
    ['4.1: all have to match', 'Foo, Bar', req({ Foo: '1', Bar: '1' }), req({ Foo: '1', Bar: '2' }), false],
    ['4.1: other fields do not matter', 'Foo', req({ Foo: '1', Bar: '1' }), req({ Foo: '1', Bar: '2' }), true],
    ['4.1: case of unknown fields matters', 'Foo', req({ Foo: 'a' }), req({ Foo: 'A' }), false],
    [
      '4.1: spaces in lists of media types do not matter',
      'Accept',
      req({ Accept: 'image/webp,image/png' }),
      req({ Accept: 'image/webp, image/png' }),
      true,
    ],
    [
      '4.1: the order and case of media types do not matter',
      'Accept',
      req({ Accept: 'image/webp;q=0.8, image/png' }),
      req({ Accept: 'image/PNG, image/webp; q=0.8' }),
      true,
    ],
    [
      '4.1: the weights of media types matter',
      'Accept',
      req({ Accept: 'image/webp;q=0.8' }),
      req({ Accept: 'image/webp;q=0.9' }),
      false,
    ],
    ['4.1: the language of the request', 'Accept-Language', req({ 'Accept-Language': 'fr' }), req(), false],
    [
      "4.1: the worker asks for another origin's image with CORS",
      'Origin, Sec-Fetch-Mode',
      req({}, { url: FAR }),
      req({}, { url: FAR, mode: 'no-cors' }),
      true,
    ],
    ["4.1: Origin is not sent to the page's own origin", 'Origin', req(), req({}, { mode: 'no-cors' }), true],
    ['4.1: an image and a fetch to the own origin', 'Sec-Fetch-Mode', req(), req({}, { mode: 'no-cors' }), false],
    ['4.1: Accept-Encoding is the same within one browser', 'Accept-Encoding', req(), req({ Foo: '1' }), true],
  ])('%s', (_, vary, a, b, expected) => expect(same(vary, a, b)).toBe(expected));

  it.each([
    'Accept-Encoding',
    'Host',
    'Authorization, Accept-Encoding',
    'Sec-Fetch-Dest, Sec-Fetch-Site, Sec-Fetch-User',
    'Sec-Fetch-Storage-Access',
    'Purpose, Sec-Purpose',
    'DNT, Sec-GPC',
    'Device-Memory, Sec-CH-Device-Memory',
  ])('4.1: %s is the same for all requests', (vary) => expect(variant(vary, req())).toBe(''));

  it.each(['Sec-CH-UA', 'Sec-CH-UA-Mobile', 'Sec-CH-UA-Platform-Version'])(
    '4.1: %s changes only with the version of the browser',
    (vary) => {
      expect(variant(vary, req())).toBe(variant(vary, req({}, { mode: 'no-cors' })));
      expect(variant(vary, req())).not.toBe(variant(vary, req(), { ...ENV, userAgent: 'Browser/2' }));
    },
  );
  it('4.1: Save-Data is the value that the browser reports', () =>
    expect(variant('Save-Data', req())).not.toBe(variant('Save-Data', req(), { ...ENV, saveData: () => true })));

  const page = (referrer: string, referrerPolicy: ReferrerPolicy = '', url = OWN) =>
    req({}, { referrer, referrerPolicy, url });
  it.each<[string, VaryRequest, VaryRequest, boolean]>([
    ['the same page', page('https://map.example/a'), page('https://map.example/a'), true],
    ['its fragment is not sent', page('https://map.example/a#1'), page('https://map.example/a'), true],
    ['another page of the origin', page('https://map.example/a'), page('https://map.example/b'), false],
    [
      'another page, to another origin',
      page('https://map.example/a', '', FAR),
      page('https://map.example/b', '', FAR),
      true,
    ],
    [
      'another page, unsafe-url',
      page('https://map.example/a', 'unsafe-url', FAR),
      page('https://map.example/b', 'unsafe-url', FAR),
      false,
    ],
    [
      'no-referrer sends the same as a request without a page',
      page('https://map.example/a', 'no-referrer'),
      page(''),
      true,
    ],
    ['origin', page('https://map.example/a', 'origin'), page('https://map.example/b', 'strict-origin'), true],
    ['same-origin, to another origin', page('https://map.example/a', 'same-origin', FAR), page(''), true],
    [
      'a downgrade',
      page('https://map.example/a', '', 'http://tiles.example/1.png'),
      page('', '', 'http://tiles.example/1.png'),
      true,
    ],
  ])('4.1: Referer: %s', (_, a, b, expected) => expect(same('Referer', a, b)).toBe(expected));

  it.each<[string, true | string[], string, string[]]>([
    ['nothing', [], 'Cookie', ['cookie']],
    ['a field', ['cookie'], 'Cookie, Accept', ['accept']],
    ['the only one', ['cookie'], 'Cookie', []],
    ['all', true, 'Cookie, Accept', []],
    ['even *', true, '*', []],
    ['* is no field', ['cookie'], 'Cookie, *', ['*']],
  ])('ignoreVary: %s', (_, ignoreVary, vary, expected) =>
    expect(selectingFields({ ignoreVary }, new Headers({ vary }))).toEqual(expected),
  );
  it('4.1: the order of the names does not matter', () =>
    expect(variant('Foo, Bar', req({ Foo: '1' }))).toBe(variant('bar, foo, foo', req({ Foo: '1' }))));
  it('4.1: without Accept-Language in the request, the languages of the browser count', () =>
    expect(variant('Accept-Language', req())).not.toBe(
      variant('Accept-Language', req(), { ...ENV, languages: ['fr'] }),
    ));
  it('4.1: another browser version is another variant', () =>
    expect(variant('User-Agent', req())).not.toBe(variant('User-Agent', req(), { ...ENV, userAgent: 'Browser/2' })));
  it.each(['Cookie', 'Sec-CH-DPR', 'Sec-CH-Prefers-Color-Scheme', 'Priority', 'DPR', 'Accept-Encoding, Cookie'])(
    '4.1: a worker cannot see %s',
    (vary) => expect(variant(vary, req())).toBeUndefined(),
  );
  it.each<[string, Partial<VaryRequest>, boolean]>([
    ['credentials omitted', { credentials: 'omit' }, true],
    ['to another origin, by default', { url: FAR }, true],
    ['to another origin, included', { url: FAR, credentials: 'include' }, false],
    ['to its own', {}, false],
    ['an origin with the same beginning', { url: 'https://map.example.evil/1.png' }, true],
  ])('4.1: no cookie is sent: %s', (_, rest, known) =>
    expect(variant('Cookie', req({}, rest)) !== undefined).toBe(known),
  );

  it('P7: the variant id reveals no value of a field', () => {
    const secret = 'k'.repeat(20);
    expect(variant('X-Api-Key', req({ 'X-Api-Key': secret }))).not.toContain(secret);
  });
  it('distinguishes different values', () => {
    const value = fc.string().map((text) => text.replace(/[^\x21-\x7e]/g, ''));
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(same('Foo', req({ Foo: a }), req({ Foo: b }))).toBe(a === b);
      }),
    );
  });
});
