import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkBody, type Claim } from '../../../sw/policy/plausible';

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
      [0xff, 0xd8, 0xff, 0xe1, 0, 10],
      // The end mark of a thumbnail inside a segment is not that of the image.
      'Exif\xff\xd9\0\0',
      [0xff, 0xda, 0, 4, 1, 0],
      noise,
      [0xff, 0, 0xff, 0xd0],
      noise,
      [0xff, 0xd9],
    ),
  ],
  GIF: [
    'image/gif',
    bytes(
      'GIF89a',
      [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255],
      [0x21, 0xf9, 4, 0, 0, 0, 0, 0],
      [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 200],
      noise.subarray(0, 200),
      [0],
      ';',
    ),
  ],
  AVIF: [
    'image/avif',
    bytes(box('ftyp', bytes('avif', [0, 0, 0, 0], 'avif')), box('meta', noise.subarray(0, 90)), box('mdat', noise)),
  ],
  TIFF: ['image/tiff', tiff()],
  WebP: ['image/webp', riff(noise)],
  MVT: ['application/vnd.mapbox-vector-tile', vectorTile()],
  PBF: ['application/x-protobuf', vectorTile()],
  JSON: ['application/json', bytes('{"tilejson":"3.0.0","tiles":["/a"]}')],
  GeoJSON: ['application/geo+json; charset=utf-8', bytes('[1, 2, 3, {"type": "Point"}]')],
};

function box(type: string, data: Uint8Array): Uint8Array {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(data.length + 8);
  return bytes(size, type, data);
}

/** A TIFF file with its directory first and one strip after it. */
function tiff(): Uint8Array {
  const head = Buffer.alloc(8 + 2 + 24 + 4);
  head.write('II*\0', 0, 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(2, 8);
  [
    [273, head.length],
    [279, noise.length],
  ].forEach(([tag, value], i) => {
    const at = 10 + 12 * i;
    head.writeUInt16LE(tag!, at);
    head.writeUInt16LE(4, at + 2);
    head.writeUInt32LE(1, at + 4);
    head.writeUInt32LE(value!, at + 8);
  });
  return bytes(head, noise);
}

/** A vector tile with one layer: version, name, and a feature whose geometry needs a two-byte length. */
function vectorTile(): Uint8Array {
  const feature = bytes([0x18, 0x02, 0x22, 0xac, 0x02], noise.subarray(0, 300));
  const layer = bytes([0x78, 0x02, 0x0a, 0x05], 'roads', [0x12, 0xb1, 0x02], feature);
  return bytes([0x1a, 0x80 | (layer.length & 127), layer.length >> 7], layer);
}

const check = (
  body: Uint8Array,
  headers: Record<string, string> = {},
  rest: { status?: number; accept?: string[]; type?: ResponseType; claim?: Claim } = {},
) => checkBody(rest.status ?? 200, new Headers(headers), body, { accept: rest.accept }, rest.type, rest.claim);

describe('complete bodies', () => {
  it.each(Object.entries(BODIES))('%s passes', (_, [type, body]) =>
    expect(check(body, { 'Content-Type': type })).toBeUndefined(),
  );
  it.each(Object.entries(BODIES))('%s truncated anywhere does not pass', (_, [type, body]) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: body.length - 1 }), (length) => {
        // A body shorter than the signature has no known format. A vector tile may be truncated between layers; this one has one.
        fc.pre(length >= 12);
        expect(check(body.subarray(0, length), { 'Content-Type': type })).toMatch(/cut|no MVT/);
      }),
    );
  });
  it('an image is recognised by its bytes, whatever its Content-Type', () =>
    expect(check(BODIES.PNG![1].subarray(0, 100), { 'Content-Type': 'application/octet-stream' })).toBe('cut PNG'));
  it('padding after the end mark passes', () => {
    expect(check(bytes(BODIES.JPEG![1], [0, 0, 0]), { 'Content-Type': 'image/jpeg' })).toBeUndefined();
    expect(check(bytes(BODIES.PNG![1], [10]), { 'Content-Type': 'image/png' })).toBeUndefined();
  });
  it('spaces after JSON pass', () =>
    expect(check(bytes('{"a": 1} \r\n'), { 'Content-Type': 'application/json' })).toBeUndefined());
  it('unknown types pass', () => expect(check(noise, { 'Content-Type': 'application/x-terrain' })).toBeUndefined());
  it.each([1, 2])('a vector tile that is still gzipped %i times passes', (times) => {
    let body = BODIES.MVT![1];
    for (let i = 0; i < times; i += 1) body = new Uint8Array(gzipSync(body));
    expect(check(body, { 'Content-Type': 'application/x-protobuf' })).toBeUndefined();
  });
  it.each([
    ['zlib', deflateSync],
    ['Zstandard', (body: Uint8Array) => [0x28, 0xb5, 0x2f, 0xfd, ...body]],
  ] as const)('a vector tile that is still compressed with %s passes', (_, pack) =>
    expect(
      check(new Uint8Array(pack(BODIES.MVT![1])), { 'Content-Type': 'application/vnd.mapbox-vector-tile' }),
    ).toBeUndefined(),
  );
  it.each(Object.entries(BODIES))('%s passes with padding after its end', (_, [type, body]) => {
    fc.assert(
      fc.property(fc.constantFrom([0], [10], [13, 10], [32, 32], Array<number>(64).fill(0)), (padding) => {
        expect(check(bytes(body, padding), { 'Content-Type': type })).toBeUndefined();
      }),
    );
  });
  it.each(['PNG', 'JPEG', 'GIF', 'WebP', 'AVIF', 'TIFF'])('%s passes with any bytes after its end', (name) => {
    const [type, body] = BODIES[name]!;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (rest) => {
        expect(check(bytes(body, rest), { 'Content-Type': type })).toBeUndefined();
      }),
    );
  });
  it('another format in place of a vector tile does not pass', () =>
    expect(check(bytes('not found'), { 'Content-Type': 'application/x-protobuf' })).toBe(
      'text in place of a vector tile',
    ));
  it('arbitrary bytes in place of a vector tile are parsed to their end', () => {
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
    ['longer, because the browser decoded a hidden coding', 600, { 'Content-Length': '300' }, 'cors', true],
    ['shorter, of a body with a coding', 100, { 'Content-Length': '300', 'Content-Encoding': 'gzip' }, 'basic', true],
    [
      'a little shorter across origins: a hidden coding adds to small bodies',
      40,
      { 'Content-Length': '70' },
      'cors',
      true,
    ],
    ['much shorter across origins', 300, { 'Content-Length': '600' }, 'cors', false],
    ['not a number', 600, { 'Content-Length': 'x' }, 'basic', true],
  ])('%s', (_, length, headers, type, passes) => {
    expect(check(noise.subarray(0, length), headers, { type }) === undefined).toBe(passes);
  });
  it('a truncated error is not a negative answer either', () =>
    expect(check(bytes('gone'), { 'Content-Length': '9' }, { status: 404 })).toMatch(/cut/));
});

describe('empty bodies', () => {
  it.each([200, 203, 299])('a %i must not have one', (status) =>
    expect(check(new Uint8Array(), {}, { status })).toBe('empty'),
  );
  it.each([204, 404, 410, 500])('a %i may have one', (status) =>
    expect(check(new Uint8Array(), {}, { status })).toBeUndefined(),
  );
  it.each<[string, string | undefined, string, boolean]>([
    ['a vector tile by its URL', undefined, '/t/1/0/0.mvt', true],
    ['a vector tile by its URL, with a wrong type', 'text/html', '/t/1/0/0.pbf', true],
    ['a vector tile by its type', 'application/vnd.mapbox-vector-tile', '/t/1/0/0', true],
    [
      'a vector tile by the FORMAT of a WMTS request',
      undefined,
      '/wmts?FORMAT=application/vnd.mapbox-vector-tile',
      true,
    ],
    ['a format that is not known', 'application/octet-stream', '/t/1/0/0', true],
    ['an image', 'image/png', '/t/1/0/0', false],
    ['an image by its URL', 'application/octet-stream', '/t/1/0/0.png', false],
    ['JSON', 'application/json', '/t/1/0/0', false],
  ])('%s: %s %s passes: %s', (_, type, url, passes) =>
    expect(check(new Uint8Array(), type ? { 'Content-Type': type } : {}, { claim: { url } })).toBe(
      passes ? undefined : 'empty',
    ),
  );
});

const SERVICE_EXCEPTION =
  '<ServiceExceptionReport version="1.3.0"><ServiceException code="LayerNotDefined">x</ServiceException></ServiceExceptionReport>';
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>';
const KML = '<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>';
const ERRORS: Record<string, string> = {
  'an OGC exception': SERVICE_EXCEPTION,
  'an OGC exception after a declaration, a doctype and a comment': `\xef\xbb\xbf<?xml version='1.0' encoding="UTF-8"?>\n<!DOCTYPE ServiceExceptionReport SYSTEM "http://x/e.dtd">\n<!-- a > b -->${SERVICE_EXCEPTION}`,
  'an OWS exception':
    '<ows:ExceptionReport xmlns:ows="x"><ows:Exception exceptionCode="NoApplicableCode"/></ows:ExceptionReport>',
  "a store's XML": '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
  'a JSON object': '{"error":{"code":498,"message":"Invalid token."}}',
  'a JSON object after spaces': '\n  {"message":"rate limit"}',
  'a JSON list': '["failed"]',
  'plain text': 'Rate limit exceeded',
  'plain text of one word': 'error',
  'plain text with a line break': 'ERROR: relation "roads" does not exist\nLINE 1: SELECT\n',
  'a page': '<!DOCTYPE html><html></html>',
  'a page behind a comment': '<!-- <svg> --><html></html>',
  'a page after two comments and spaces': ' <!-- a -->\n<!-- b -->\n<body>x</body>',
  'a page that begins with meta': '<meta http-equiv="refresh" content="0;url=/login">',
  'a page that begins with its title': '<title>Sign in</title>',
  'a page behind a processing instruction': '<?php echo 1 ?><html></html>',
  'a page after an XML declaration': '<?xml version="1.0"?>\n<html xmlns="http://www.w3.org/1999/xhtml"></html>',
  'a page that begins with a heading': '<h1>502 Bad Gateway</h1>',
  'a comment that never ends': '<!-- ',
  'a document type that never ends': '<!DOCTYPE svg [<!ENTITY a "b">',
  'a page after an empty comment': '<!--><html></html>',
  'a page after entities': '<!DOCTYPE x [<!ENTITY a "b">]><html></html>',
};
const WANTED: [string, Claim, string | undefined][] = [
  ['an image by its extension', { url: 'https://a/t/1/0/0@2x.PNG?v=1' }, 'application/octet-stream'],
  ['an image by its extension, without a type', { url: '/t/1/0/0.webp' }, undefined],
  ['an image by its type', {}, 'image/jpeg'],
  ['an image by its destination', { destination: 'image', url: '/t/1/0/0' }, 'text/plain'],
  [
    'an image by the FORMAT of a WMS request',
    { url: '/wms?SERVICE=WMS&FORMAT=image%2Fpng&BBOX=1' },
    'application/vnd.ogc.se_xml',
  ],
  ['an image by the stored tile', { storedType: 'image/png', url: '/t/1/0/0' }, 'application/json'],
  ['a vector tile by its extension', { url: '/t/1/0/0.vector.pbf' }, 'application/json'],
  ['a vector tile by its gzipped extension', { url: '/t/1/0/0.mvt.gz' }, undefined],
  ['a vector tile by its extension in capitals, compressed with zstd', { url: '/t/1/0/0.PBF.zst' }, undefined],
  ['an image by its extension before a pixel ratio', { url: '/t/1/0/0.png@1.5x?k=1.2' }, 'application/octet-stream'],
  ['an image by its extension before a session', { url: '/t/1/0/0.PNG;jsessionid=1.2' }, undefined],
  ['an image by its extension before a slash', { url: '/t/1/0/0.png/' }, undefined],
  ['a vector tile by its type', {}, 'application/x-protobuf'],
  ['a vector tile by the stored tile', { storedType: 'application/vnd.mapbox-vector-tile' }, 'text/plain'],
];

describe('an error with status 200', () => {
  for (const [where, claim, type] of WANTED)
    it.each(Object.entries(ERRORS))(`in place of ${where}: %s`, (_, body) =>
      expect(check(bytes(body), type ? { 'Content-Type': type } : {}, { claim })).toBeTypeOf('string'),
    );
  it('in UTF-16', () =>
    expect(
      check(bytes([0xff, 0xfe], new Uint8Array(Buffer.from(SERVICE_EXCEPTION, 'utf16le'))), {
        'Content-Type': 'image/png',
      }),
    ).toBeTypeOf('string'));
  it('in UTF-16 without a byte order mark', () => {
    const page = new Uint8Array(Buffer.from('<html><body>Log in</body></html>', 'utf16le'));
    for (const body of [page, new Uint8Array(Buffer.from(page).swap16())])
      for (const type of ['image/png', 'application/x-protobuf', 'application/json', ''])
        expect(check(body, type ? { 'Content-Type': type } : {}), type).toMatch(/^HTML/);
  });
  it('in UTF-16 without a byte order mark, as plain text', () => {
    for (const text of ['Error: no such tile', '{"error":"no such tile"}']) {
      const body = new Uint8Array(Buffer.from(text, 'utf16le'));
      for (const each of [body, new Uint8Array(Buffer.from(body).swap16())])
        for (const url of ['/t/1/0/0.png', '/t/1/0/0.geojson'])
          expect(check(each, {}, { claim: { url } })).toBeTypeOf('string');
    }
  });
  it('as SVG, in place of a vector tile or JSON', () => {
    const drawing = bytes('<svg xmlns="http://www.w3.org/2000/svg"><text>No API key</text></svg>');
    for (const extension of ['pbf', 'geojson'])
      expect(check(drawing, { 'Content-Type': 'image/svg+xml' }, { claim: { url: `/t/1/0/0.${extension}` } })).toMatch(
        /^XML in place of/,
      );
  });
  it('as JSON with the type HTML, in place of an unknown format', () => {
    const headers = { 'Content-Type': 'text/html' };
    for (const body of ['{"error":"no such layer"}', '{"type":"Topol'])
      expect(check(bytes(body), headers, { claim: { url: '/features.php?z=1' } })).toBeTypeOf('string');
  });
  it.each(['Success', 'Welcome', 'login', 'true', '0', '1015'])('as one word, in place of an image: %s', (word) =>
    expect(check(bytes(word), {}, { claim: { url: '/t/1/0/0.png' } })).toBe('text in place of an image'),
  );
  it.each([
    'エラーが発生しました',
    '服务器繁忙,请稍后再试',
    'Ошибка: превышен лимит',
    '요청 한도를 초과했습니다',
    'خطأ في الخادم',
    'Δεν βρέθηκε'.repeat(99),
  ])('in any script, in place of a tile: %s', (text) => {
    const body = new TextEncoder().encode(text);
    for (const url of ['/t/1/0/0.png', '/t/1/0/0.pbf', '/t/1/0/0.geojson'])
      expect(check(body, {}, { claim: { url } }), url).toMatch(/^text in place of/);
    expect(check(body, {}, { claim: { url: '/t/1/0/0.terrain' } })).toBeUndefined();
  });
  it.each([
    ['Shift JIS', '8347838981 5b82aa94ad90b682b582dc82b582bd8142'],
    ['GBK', 'cfb5cdb3b4edcef3a3acc7ebc9d4baf3d4d9cad4a1a3'],
    ['GBK, two words', 'cfb5cdb3b4edcef3'],
    ['Big5', 'a874b2cebff9bb7ea141bdd0b5ababe1a641b8d5'],
    ['EUC-KR', 'bdc3bdbac5dbbfc0b7f9c0d4b4cfb4d9'],
    ['windows-1251', 'cef8e8e1eae020f1e5f0e2e5f0e02e20cfeee2f2eef0e8f2e520efeee7e6e5'],
    ['windows-1256', 'cecfd8c320dded20c7e1cec7cfe3'],
  ])('in an older charset, in place of a tile: %s', (_, hex) => {
    const body = new Uint8Array(Buffer.from(hex.replace(' ', ''), 'hex'));
    for (const url of ['/t/1/0/0.png', '/t/1/0/0.pbf', '/t/1/0/0.geojson'])
      for (const type of ['application/octet-stream', ''])
        expect(check(body, type ? { 'Content-Type': type } : {}, { claim: { url } }), url).toMatch(/^text in place of/);
    for (const url of ['/t/1/0/0.terrain', '/t/1/0/0', '/t/1/0/0.csv'])
      expect(check(body, {}, { claim: { url } })).toBeUndefined();
  });
  it.each<[string, string]>([
    ['PK\x03\x04', 'a zip file'],
    ['%PDF-1.4\n%\xe2\xe3\xcf\xd3\n', 'a PDF'],
    ['SQLite format 3\0', 'a database'],
    ['PMTiles\x03', 'an archive'],
    // A PNG that a gateway has decoded and encoded as UTF-8.
    ['\xef\xbf\xbdPNG\r\n\x1a\n\0', 'mangled text'],
  ])('a file of another kind, in place of a tile: %j', (mark, name) => {
    const body = bytes(mark, noise);
    const of = (url: string, type = 'application/octet-stream') =>
      check(body, { 'Content-Type': type }, { claim: { url } });
    expect(of('/t/1/0/0.png', 'image/png')).toBe(`${name} in place of an image`);
    expect(of('/t/1/0/0.pbf')).toBe(`${name} in place of a vector tile`);
    // A format of a map library's own, or an unknown one.
    for (const url of ['/t/1/0/0.kmz', '/t/1/0/0.zip', '/t/1/0/0']) expect(of(url)).toBeUndefined();
  });
  it('as binary data, in place of JSON', () => {
    const claim = { url: '/t/1/0/0.geojson' };
    for (const type of ['application/json', 'text/plain', ''])
      expect(check(noise, type ? { 'Content-Type': type } : {}, { claim })).toBe('binary in place of JSON');
    // Under a label of its own it may be another format by now; packed, or with a stray control character, it is read.
    expect(check(noise, { 'Content-Type': 'application/octet-stream' }, { claim })).toBeUndefined();
    expect(check(new Uint8Array(gzipSync('{}')), {}, { claim })).toBeUndefined();
    expect(check(bytes(' {"name":"\x01"}'), {}, { claim })).toBeUndefined();
  });
  it('as another format, where the stored tile was a vector tile by its type', () => {
    const [, mvt] = BODIES.MVT!;
    const claim = { url: '/t/1/0/0.pbf', storedType: 'application/x-protobuf' };
    expect(check(noise, {}, { claim })).toBe('no MVT');
    expect(check(mvt, {}, { claim })).toBeUndefined();
    // MapLibre's own format, which consists of lengths and data.
    expect(check(bytes([3], [1, 7, 7], [130, 1], noise.subarray(0, 130)), {}, { claim })).toBeUndefined();
    expect(check(noise, {}, { claim: { url: claim.url } })).toBeUndefined();
  });
  it.each(['.png', '.pbf', '.geojson', '.svg'])('as zeros, in place of %s', (extension) => {
    const claim = { url: `/t/1/0/0${extension}` };
    expect(check(new Uint8Array(64), {}, { claim })).toBe('nothing but zeros');
    expect(check(new Uint8Array(64), {}, { claim: { url: '/t/1/0/0.terrain' } })).toBeUndefined();
  });
  it('as another XML document in place of SVG', () =>
    expect(
      check(
        bytes('<?xml version="1.0"?><WISPAccessGatewayParam><Redirect/></WISPAccessGatewayParam>'),
        {},
        {
          claim: { url: '/t/1/0/0.svg' },
        },
      ),
    ).toBe('XML in place of SVG'));
  it.each([
    'an OGC exception',
    'an OWS exception',
    'a page behind a comment',
    'a page that begins with meta',
    'a page that begins with its title',
    'a page behind a processing instruction',
  ])('%s is refused in place of any format', (name) => {
    for (const type of ['application/octet-stream', 'text/xml', 'application/json', 'x/y', ''])
      expect(check(bytes(ERRORS[name]!), type ? { 'Content-Type': type } : {}), type).toBeTypeOf('string');
  });
});

describe('an image that no browser would show', () => {
  const [, picture] = BODIES.PNG!;
  it.each<[string, Uint8Array, string]>([
    ['after a line break', bytes('\r\n', picture), 'text before an image'],
    ['after a byte order mark', bytes([0xef, 0xbb, 0xbf], picture), 'text before an image'],
    ["after a script's warning", bytes('\nWarning: mkdir() in /t.php on line 2\n', picture), 'text before an image'],
    ['a JPEG after spaces', bytes('  ', BODIES.JPEG![1]), 'text before an image'],
    ['still gzipped', new Uint8Array(gzipSync(picture)), 'gzip in place of an image'],
    ['an error that is still gzipped', new Uint8Array(gzipSync('Not found')), 'gzip in place of an image'],
  ])('%s', (_, body, reason) => {
    for (const claim of [{ url: '/t/1/0/0.png' }, { destination: 'image', url: '/t/1/0/0' }])
      expect(check(body, { 'Content-Type': 'image/png' }, { claim })).toBe(reason);
    expect(check(body, { 'Content-Type': 'application/octet-stream' }, { claim: { url: '/t/1/0/0' } })).toBeUndefined();
  });
});

describe('an error in place of JSON', () => {
  const claim = { url: '/t/1/0/0.geojson' };
  it.each(['404 page not found', 'Rate limit exceeded', 'null', 'undefined', 'Not Found', 'Forbidden'])(
    'is refused: %s',
    (body) => {
      for (const type of ['application/json', 'text/plain', ''])
        expect(check(bytes(body), type ? { 'Content-Type': type } : {}, { claim })).toBe('text in place of JSON');
    },
  );
  it.each([
    ['ArcGIS', '{"error":{"code":498,"message":"Invalid token.","details":[]}}'],
    ['a list of them', ' {"errors": [{"title": "no such layer"}]}'],
    ['GeoServer', '{"exceptions":[{"exceptionCode":"noApplicableCode"}]}'],
    [
      'GeoServer, after its version',
      '{"version":"1.3.0","exceptions":[{"code":"LayerNotDefined","locator":"layers","text":"no such layer"}]}',
    ],
    ['Lambda', '{"errorMessage":"no tile","errorType":"TypeError","stackTrace":["at tile"]}'],
    ['Lambda, Node', '{"errorType":"TypeError","errorMessage":"no tile","trace":["at tile"]}'],
    ['a word', '{"error":"rate limit"}'],
    ['Amazon', '{"Error":{"Code":"AccessDenied"}}'],
    ['Kong', '{"message":"No API key found in request"}'],
    ['FastAPI', '{"detail":"Not Found"}'],
    ['NestJS', '{"statusCode":404,"message":"Cannot GET /t/1/0/0","error":"Not Found"}'],
    ['OpenWeatherMap', '{"cod":401, "message": "Invalid API key."}'],
    ['Spring', '{"timestamp":"2026-01-01T00:00:00Z","status":500,"error":"Internal Server Error","path":"/t/1/0/0"}'],
    ['Spring, with a stack trace', '{"timestamp":"2026-01-01T00:00:00Z","status":500,"error":"x","trace":"java.lang"}'],
    ['a status', '{"status":"error","code":7}'],
    [
      'FastAPI, with the details of a validation error',
      '{"detail":[{"loc":["path","z"],"msg":"value is not a valid integer","type":"type_error.integer"}]}',
    ],
    ['GraphQL', '{"data":null,"errors":[{"message":"no such layer"}]}'],
    ['JSON:API', '{"jsonapi":{"version":"1.0"},"errors":[{"status":"404","title":"Not Found"}]}'],
    [
      'Cloudflare',
      '{"success":false,"errors":[{"code":10000,"message":"Authentication error"}],"messages":[],"result":null}',
    ],
    ['a flag', '{"success":false}'],
    [
      'problem details under another type',
      '{"type":"about:blank","title":"Too many","status":429,"detail":"slow down"}',
    ],
  ])('is refused: %s', (_, body) => {
    for (const type of ['application/json', 'application/geo+json', 'text/html', ''])
      expect(check(bytes(body), type ? { 'Content-Type': type } : {}, { claim })).toMatch(
        /an error in JSON|content type/,
      );
  });
  it('is refused by its Content-Type (RFC 9457)', () => {
    const problem = (type: string, body: string) => check(bytes(body), { 'Content-Type': type }, { claim });
    expect(problem('application/problem+json', '{"title":"Too many"}')).toBe('an error in JSON');
    expect(problem('application/problem+xml', '<problem><title>Too many</title></problem>')).toBe('an error in XML');
  });
  it.each([
    ['nothing', '{}'],
    ['a kind and a name', '{"type":"FeatureCollection","name":"roads"}'],
    ['a message among data', '{"message":"road works","geometry":null}'],
    ['a version among data', '{"version":0.6,"generator":"Overpass API","elements":[]}'],
    ['a status without an error', '{"status":"ok","code":200}'],
    ['an error of null', '{"error":null,"type":"FeatureCollection","features":[]}'],
    ['an empty list of errors', '{"errors":[],"features":[]}'],
    ['an empty list of errors beside empty data', '{"errors":[],"data":null}'],
    ['data beside errors', '{"name":"roads","errors":["gap at 3"],"data":{"a":1}}'],
    ['an empty error', '{"error":"","data":[]}'],
    ['an error after the data', '{"type":"FeatureCollection","error":{"a":1}}'],
    ['a name with the same beginning', '{"errorMargin":{"a":1}}'],
    [
      'a sprite whose first icon has this name',
      '{"error":{"width":17,"height":17,"x":0,"y":0,"pixelRatio":1},"info":{}}',
    ],
  ])('passes: %s', (_, body) =>
    expect(check(bytes(body), { 'Content-Type': 'application/json' }, { claim })).toBeUndefined(),
  );
});

describe('text formats', () => {
  it.each<[string, string | undefined, Claim, string]>([
    [
      'GeoJSON by its extension',
      'text/plain',
      { url: '/t/1/0/0.geojson' },
      '{"type":"FeatureCollection","features":[]}',
    ],
    ['TopoJSON with the type HTML', 'text/html', { url: '/t/1/0/0.topojson' }, '{"type":"Topology"}'],
    ['TileJSON', 'application/json', { url: '/t/roads' }, '{"tilejson":"3.0.0"}'],
    [
      'JSON with the type HTML, in place of an unknown format',
      'text/html',
      { url: '/features.php?z=1' },
      '{"type":"Topology"}',
    ],
    ['JSON without a type', undefined, { url: '/t/1/0/0' }, '{"a":1}'],
    ['UTFGrid in a call', 'application/json', { url: '/t/1/0/0.grid.json' }, 'grid({"grid":[]});'],
    ['JSON in lines', 'application/x-ndjson', {}, '{"a":1}\n{"a":2}\n'],
    ['a JSON sequence', 'application/geo+json-seq', {}, '\x1e{"a":1}\n\x1e{"a":2}\n'],
    [
      'a JSON sequence over several lines',
      'application/geo+json-seq',
      {},
      '\x1e\n{\n "a": 1\n}\n\x1e\n{\n "a": 2\n}\n',
    ],
    [
      "Mapbox's raster arrays",
      'application/x-protobuf',
      { url: '/rasterarrays/v1/a/1/0/0.mrt' },
      '\x0d\x01\x02\x03\x04\x12\x34',
    ],
    ['KML', 'application/vnd.google-earth.kml+xml', {}, KML],
    ['KML by its extension', 'text/plain', { url: '/t/1/0/0.kml' }, KML],
    ['KML with the type HTML', 'text/html', { url: '/t/1/0/0.kml' }, KML],
    ['GML', 'text/xml; subtype=gml/3.2', {}, '<wfs:FeatureCollection xmlns:wfs="x"/>'],
    ['SVG', 'image/svg+xml', {}, SVG],
    [
      'SVG in an image',
      'image/svg+xml',
      { destination: 'image', url: '/t/1/0/0' },
      `<?xml version="1.0"?><!-- x -->${SVG}`,
    ],
    [
      'SVG from Illustrator, whose document type declares entities',
      'image/svg+xml',
      { url: '/t/1/0/0.svg' },
      `<?xml version="1.0"?><!-- Generator -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "svg11.dtd" [\n<!ENTITY a "http://ns.adobe.com/a">\n] >\n${SVG}`,
    ],
    ['SVG by its extension', 'text/plain', { url: '/t/1/0/0.svg', destination: 'image' }, SVG],
    ['text', 'text/plain', { url: '/t/1/0/0' }, 'POINT (1 2)'],
    ['CSV', 'text/csv', { url: '/t/1/0/0.csv' }, 'a,b\n1,2'],
    ['text in an unknown format', 'application/octet-stream', { url: '/t/1/0/0' }, 'tile'],
    ['text in an unknown format, by its extension', 'text/plain', { url: '/t/1/0/0.terrain' }, 'tile'],
  ])('%s', (_, type, claim, body) =>
    expect(check(bytes(body), type ? { 'Content-Type': type } : {}, { claim })).toBeUndefined(),
  );
  it.each([
    ['SVG', 'image/svg+xml', SVG],
    ['KML', 'application/vnd.google-earth.kml+xml', KML],
    ['GeoJSON', 'application/geo+json', '{"type":"FeatureCollection","features":[]}'],
  ])('%s, truncated', (_, type, body) =>
    expect(check(bytes(body.slice(0, -1)), { 'Content-Type': type })).toMatch(/^cut/),
  );
});

const BINARY: Record<string, Uint8Array> = {
  'quantized mesh': bytes([0, 0, 0, 0x40, 0x81, 1, 2, 3], noise),
  KTX2: bytes('\xabKTX 20\xbb\r\n\x1a\n', noise),
  LERC: bytes('Lerc2 ', [6, 0, 0, 0], noise),
  MLT: bytes([0x9a, 4, 1, 5], 'roads', noise),
  b3dm: bytes('b3dm', [1, 0, 0, 0], noise),
  'a few bytes': bytes([0, 1, 2]),
};

describe('an unknown format', () => {
  for (const [name, body] of Object.entries(BINARY))
    it.each<[string | undefined, Claim]>([
      ['application/octet-stream', { url: '/t/1/0/0' }],
      ['application/vnd.quantized-mesh', {}],
      [undefined, { url: '/t/1/0/0.terrain' }],
      [undefined, {}],
      ['text/html', { url: '/t/1/0/0.bin' }],
      ['text/plain', { url: '/t/1/0/0.ktx2' }],
      ['image/ktx2', {}],
      ['application/vnd.maplibre-tile', { url: '/t/1/0/0.mlt' }],
    ])(`${name} as %s passes (%j)`, (type, claim) => {
      const headers = { ...(type && { 'Content-Type': type }), 'Content-Length': `${body.length}` };
      expect(check(body, headers, { claim })).toBeUndefined();
      expect(check(body.subarray(0, -1), headers, { claim })).toBe('cut');
    });
});

describe('correct bytes with a wrong type', () => {
  const types = [
    'text/html',
    'text/plain',
    'application/xml',
    'application/javascript',
    'application/octet-stream',
    '',
  ];
  const extension: Record<string, string> = { MVT: 'mvt', PBF: 'pbf', JSON: 'json', GeoJSON: 'geojson' };
  for (const [name, [, body]] of Object.entries(BODIES))
    it.each(types)(`${name} as %s`, (type) => {
      const headers = type ? { 'Content-Type': type } : {};
      const claim = { url: `/t/1/0/0.${extension[name] ?? name.toLowerCase()}` };
      expect(check(body, headers, { claim })).toBeUndefined();
      expect(check(body.subarray(0, body.length >> 1), headers, { claim })).toMatch(/^cut/);
    });
  it('if the layer accepts their real type', () => {
    const accept = ['image/*'];
    expect(check(BODIES.PNG![1], { 'Content-Type': 'text/html' }, { accept })).toBeUndefined();
    expect(check(BODIES.PNG![1], { 'Content-Type': 'text/html' }, { accept: ['image/webp'] })).toMatch(/content type/);
    const claim = { url: '/t/1/0/0.mvt' };
    const vector = ['application/vnd.mapbox-vector-tile'];
    expect(check(BODIES.MVT![1], { 'Content-Type': 'text/plain' }, { accept: vector, claim })).toBeUndefined();
  });
  it('but an image is not a vector tile', () =>
    expect(check(BODIES.PNG![1], {}, { claim: { url: '/t/1/0/0.mvt' } })).toBe('PNG in place of a vector tile'));
});

describe('scripts', () => {
  it.each(['text/javascript', 'application/javascript', 'application/x-javascript', 'text/ecmascript'])(
    '%s',
    (type) => {
      expect(check(bytes('alert(1)'), { 'Content-Type': type })).toMatch(/content type/);
      expect(check(bytes('alert(1)'), { 'Content-Type': type }, { accept: [type] })).toBeUndefined();
    },
  );
});

describe('HTML in place of a tile', () => {
  const page = '<!DOCTYPE html><html><title>Sign in</title></html>';
  it.each<[string, string, string]>([
    ['by its type', 'text/html; charset=utf-8', 'x'],
    ['by its type in any case', 'Text/HTML', 'x'],
    ['XHTML', 'application/xhtml+xml', 'x'],
    ['with the type of an image', 'image/png', page],
    ['without a type', '', page],
    ['after spaces and a byte order mark', 'image/png', '\xef\xbb\xbf\r\n\t<html lang="en">'],
    ['that begins with its head', 'image/png', '<head><meta http-equiv="refresh">'],
    ['in capitals', 'image/png', '<HTML>'],
    ['with the type of JSON', 'application/json', page],
  ])('%s', (_, type, body) =>
    expect(check(bytes(body), type ? { 'Content-Type': type } : {})).toMatch(/HTML|content type/),
  );
  it('is accepted by layers that allow it', () =>
    expect(check(bytes(page), { 'Content-Type': 'text/html' }, { accept: ['text/html'] })).toBeUndefined());
  it('is accepted as the body of an error', () =>
    expect(check(bytes(page), { 'Content-Type': 'text/html' }, { status: 404 })).toBeUndefined());
  it('SVG is not HTML', () =>
    expect(
      check(bytes('<svg xmlns="http://www.w3.org/2000/svg"/>'), { 'Content-Type': 'image/svg+xml' }),
    ).toBeUndefined());
  it('a word with the same beginning is not HTML', () =>
    expect(check(bytes('<htmlish>'), { 'Content-Type': 'text/xml' })).toBeUndefined());
});

describe('several Content-Types, as an origin and its proxy add them', () => {
  const both = (types: string) => ({ 'Content-Type': types });
  it.each([
    'application/x-protobuf, application/x-protobuf',
    'text/html; charset=utf-8, application/x-protobuf',
    'application/x-protobuf, null',
    'application/x-protobuf, */*',
    'application/x-protobuf; charset="a,b"',
  ])('count as the last valid one: %s', (types) =>
    expect(check(BODIES.MVT![1], both(types), { accept: ['application/x-protobuf'] })).toBeUndefined(),
  );
  it('count as none if none is valid', () => {
    for (const types of ['null', '*/*', '"image/png"', ', ;'])
      expect(check(bytes('{"type":"Topology"}'), both(types), { claim: { url: '/t/1/0/0.json' } }), types).toBe(
        undefined,
      );
    expect(check(noise, both('null'), { accept: ['image/png'] })).toBe('content type missing');
  });
});

describe('the features at a pixel of an image (GetFeatureInfo)', () => {
  const features = bytes('{"type":"FeatureCollection","features":[]}');
  const url = '/wms?REQUEST=GetFeatureInfo&FORMAT=image%2Fpng&X=1&Y=2';
  it.each(['INFO_FORMAT=application/json', 'InfoFormat=application%2Fjson', 'info_format=application/geo%2Bjson'])(
    'have the format of %s, not that of the image',
    (format) => {
      const claim = { url: `${url}&${format}` };
      expect(check(features, { 'Content-Type': 'application/json' }, { claim })).toBeUndefined();
      expect(check(bytes('no such layer'), {}, { claim })).toBe('text in place of JSON');
    },
  );
  it('may be HTML if the request asks for it', () => {
    const page = bytes('<html><table><tr><td>Elbe</td></tr></table></html>');
    const headers = { 'Content-Type': 'text/html; charset=utf-8' };
    expect(check(page, headers, { claim: { url: `${url}&INFO_FORMAT=text/html` } })).toBeUndefined();
    for (const format of ['INFO_FORMAT=application/json', 'FORMAT=text/html'])
      expect(check(page, headers, { claim: { url: `/wms?REQUEST=GetFeatureInfo&${format}` } }), format).toBeTypeOf(
        'string',
      );
  });
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
    ['no type if one is required', ['image/png'], '', false],
  ])('%s', (_, accept, type, passes) =>
    expect(
      check(type.endsWith('json') ? bytes('{}') : noise, type ? { 'Content-Type': type } : {}, { accept }) ===
        undefined,
    ).toBe(passes),
  );
});
