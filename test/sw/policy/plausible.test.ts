import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkBody } from '../../../sw/policy/plausible';

const bytes = (...parts: (string | number[] | Uint8Array)[]) =>
  new Uint8Array(
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part)))),
  );
const chunk = (type: string, data: Uint8Array = new Uint8Array()) => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return bytes(length, type, data, type === 'IEND' ? [0xae, 0x42, 0x60, 0x82] : [0, 0, 0, 0]);
};
const riff = (data: Uint8Array) => {
  const size = Buffer.alloc(4);
  size.writeUInt32LE(data.length + 4);
  return bytes('RIFF', size, 'WEBP', data);
};
const noise = Uint8Array.from({ length: 600 }, (_, i) => (i * 37 + 11) % 251);

const BODIES: Record<string, [string, Uint8Array]> = {
  PNG: [
    'image/png',
    bytes('\x89PNG\r\n\x1a\n', chunk('IHDR', noise.subarray(0, 13)), chunk('IDAT', deflateSync(noise)), chunk('IEND')),
  ],
  JPEG: [
    'image/jpeg',
    bytes(
      [0xff, 0xd8, 0xff, 0xe0],
      noise.filter((b) => b !== 0xd9),
      [0xff, 0xd9],
    ),
  ],
  GIF: [
    'image/gif',
    bytes(
      'GIF89a',
      noise.filter((b) => b !== 0x3b && b !== 0),
      ';',
    ),
  ],
  WebP: ['image/webp', riff(noise)],
  MVT: ['application/vnd.mapbox-vector-tile', vectorTile()],
  PBF: ['application/x-protobuf', vectorTile()],
  JSON: ['application/json', bytes('{"tilejson":"3.0.0","tiles":["/a"]}')],
  GeoJSON: ['application/geo+json; charset=utf-8', bytes('[1, 2, 3, {"type": "Point"}]')],
};

/** One layer: version, name, and a feature whose geometry needs a length of two bytes. */
function vectorTile(): Uint8Array {
  const feature = bytes([0x18, 0x02, 0x22, 0xac, 0x02], noise.subarray(0, 300));
  const layer = bytes([0x78, 0x02, 0x0a, 0x05], 'roads', [0x12, 0xb1, 0x02], feature);
  return bytes([0x1a, 0x80 | (layer.length & 127), layer.length >> 7], layer);
}

const check = (
  body: Uint8Array,
  headers: Record<string, string> = {},
  rest: { status?: number; accept?: string[]; type?: ResponseType } = {},
) => checkBody(rest.status ?? 200, new Headers(headers), body, { accept: rest.accept }, rest.type);

describe('whole bodies', () => {
  it.each(Object.entries(BODIES))('%s passes', (_, [type, body]) =>
    expect(check(body, { 'Content-Type': type })).toBeUndefined(),
  );
  it.each(Object.entries(BODIES))('%s cut anywhere does not', (_, [type, body]) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: body.length - 1 }), (length) => {
        // Shorter than the signature it is of no known kind; a vector tile may be cut between two layers, of which this has one.
        fc.pre(length >= 12);
        expect(check(body.subarray(0, length), { 'Content-Type': type })).toMatch(/cut|no MVT/);
      }),
    );
  });
  it('an image is known by its bytes whatever its type says', () =>
    expect(check(BODIES.PNG![1].subarray(0, 100), { 'Content-Type': 'application/octet-stream' })).toBe('cut PNG'));
  it('padding behind the end mark passes', () => {
    expect(check(bytes(BODIES.JPEG![1], [0, 0, 0]), { 'Content-Type': 'image/jpeg' })).toBeUndefined();
    expect(check(bytes(BODIES.PNG![1], [10]), { 'Content-Type': 'image/png' })).toBeUndefined();
  });
  it('spaces behind JSON pass', () =>
    expect(check(bytes('{"a": 1} \r\n'), { 'Content-Type': 'application/json' })).toBeUndefined());
  it('types that it does not know pass', () =>
    expect(check(noise, { 'Content-Type': 'application/x-terrain' })).toBeUndefined());
  it('a vector tile that is still gzipped does not', () =>
    expect(check(new Uint8Array(gzipSync(BODIES.MVT![1])), { 'Content-Type': 'application/x-protobuf' })).toBe(
      'gzipped MVT',
    ));
  it('something else in place of a vector tile does not', () =>
    expect(check(bytes('not found'), { 'Content-Type': 'application/x-protobuf' })).toMatch(/no MVT|cut MVT/));
  it('any bytes in place of a vector tile are read to their end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (body) => {
        const reason = check(body, { 'Content-Type': 'application/x-protobuf' });
        expect(reason === undefined || typeof reason === 'string').toBe(true);
      }),
    );
  });
});

describe('lengths', () => {
  it.each<[string, number, Record<string, string>, ResponseType, boolean]>([
    ['as declared', 600, { 'Content-Length': '600' }, 'basic', true],
    ['shorter', 599, { 'Content-Length': '600' }, 'basic', false],
    ['longer, decoded from a coding that is hidden', 600, { 'Content-Length': '300' }, 'cors', true],
    ['shorter, of a coded body', 100, { 'Content-Length': '300', 'Content-Encoding': 'gzip' }, 'basic', true],
    [
      'a little shorter across origins: a hidden coding adds to small bodies',
      40,
      { 'Content-Length': '70' },
      'cors',
      true,
    ],
    ['much shorter across origins', 300, { 'Content-Length': '600' }, 'cors', false],
    ['no number', 600, { 'Content-Length': 'x' }, 'basic', true],
  ])('%s', (_, length, headers, type, passes) => {
    expect(check(noise.subarray(0, length), headers, { type }) === undefined).toBe(passes);
  });
  it('an error that was cut is no negative tile either', () =>
    expect(check(bytes('gone'), { 'Content-Length': '9' }, { status: 404 })).toMatch(/cut/));
});

describe('empty bodies', () => {
  it.each([200, 203, 299])('%i has none', (status) => expect(check(new Uint8Array(), {}, { status })).toBe('empty'));
  it.each([204, 404, 410, 500])('%i may', (status) => expect(check(new Uint8Array(), {}, { status })).toBeUndefined());
});

describe('HTML in place of a tile', () => {
  const page = '<!DOCTYPE html><html><title>Sign in</title></html>';
  it.each<[string, string, string]>([
    ['by its type', 'text/html; charset=utf-8', 'x'],
    ['by its type in any case', 'Text/HTML', 'x'],
    ['XHTML', 'application/xhtml+xml', 'x'],
    ['under the type of an image', 'image/png', page],
    ['without a type', '', page],
    ['behind spaces and a byte order mark', 'image/png', '\xef\xbb\xbf\r\n\t<html lang="en">'],
    ['that begins with its head', 'image/png', '<head><meta http-equiv="refresh">'],
    ['in capitals', 'image/png', '<HTML>'],
    ['under the type of JSON', 'application/json', page],
  ])('%s', (_, type, body) =>
    expect(check(bytes(body), type ? { 'Content-Type': type } : {})).toMatch(/HTML|content type/),
  );
  it('is what some layers want', () =>
    expect(check(bytes(page), { 'Content-Type': 'text/html' }, { accept: ['text/html'] })).toBeUndefined());
  it('is what an error often brings', () =>
    expect(check(bytes(page), { 'Content-Type': 'text/html' }, { status: 404 })).toBeUndefined());
  it('SVG is none', () =>
    expect(
      check(bytes('<svg xmlns="http://www.w3.org/2000/svg"/>'), { 'Content-Type': 'image/svg+xml' }),
    ).toBeUndefined());
  it('a word that begins alike is none', () =>
    expect(check(bytes('<htmlish>'), { 'Content-Type': 'text/xml' })).toBeUndefined());
});

describe('accepted content types', () => {
  it.each<[string, string[], string, boolean]>([
    ['exactly', ['image/png'], 'image/png', true],
    ['with parameters', ['image/png'], 'image/png; a=b', true],
    ['in any case', ['image/PNG'], 'IMAGE/png', true],
    ['another', ['image/png'], 'image/webp', false],
    ['a wildcard', ['image/*'], 'image/webp', true],
    ['another wildcard', ['image/*'], 'text/plain', false],
    ['a type that begins like the wildcard', ['image/*'], 'imagery/x', false],
    ['any', ['*/*'], 'text/plain', true],
    ['one of several', ['image/png', 'application/json'], 'application/json', true],
    ['none where one is asked for', ['image/png'], '', false],
  ])('%s', (_, accept, type, passes) =>
    expect(check(bytes('{}'), type ? { 'Content-Type': type } : {}, { accept }) === undefined).toBe(passes),
  );
});
