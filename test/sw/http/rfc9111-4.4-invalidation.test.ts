import { describe, expect, it } from 'vitest';
import { invalidatedBy } from '../../../sw/http/unsafe-methods';

const URL_ = 'https://map.example/tiles/1/0/0.png';

describe('RFC 9111 section 4.4: invalidating stored responses', () => {
  it.each<[string, string, number, Record<string, string>, string[]]>([
    ['4.4: POST', 'POST', 200, {}, [URL_]],
    ['4.4: PUT', 'PUT', 204, {}, [URL_]],
    ['4.4: DELETE', 'DELETE', 200, {}, [URL_]],
    ['4.4: PATCH', 'PATCH', 200, {}, [URL_]],
    ['4.4: a method whose safety is unknown', 'M-SEARCH', 200, {}, [URL_]],
    ['4.4: a redirection is not an error', 'POST', 303, {}, [URL_]],
    ['4.4: an opaque response may have been a success', 'POST', 0, {}, [URL_]],
    ['4.4: a client error', 'POST', 404, {}, []],
    ['4.4: a server error', 'PUT', 500, {}, []],
    ['4.4: GET', 'GET', 200, {}, []],
    ['4.4: HEAD', 'HEAD', 200, {}, []],
    ['4.4: OPTIONS', 'OPTIONS', 200, {}, []],
    ['4.4: PROPFIND, which is safe (RFC 4918)', 'PROPFIND', 207, {}, []],
    ['4.4: REPORT, which is safe (RFC 3253)', 'REPORT', 200, {}, []],
    ['4.4: SEARCH, which is safe (RFC 5323)', 'SEARCH', 200, {}, []],
    ['4.4: QUERY, which is safe', 'QUERY', 200, {}, []],
    ['4.4: Location', 'POST', 201, { Location: '/tiles/1/0/1.png' }, [URL_, 'https://map.example/tiles/1/0/1.png']],
    [
      '4.4: Content-Location',
      'PUT',
      200,
      { 'Content-Location': '1.png?a=1#x' },
      [URL_, 'https://map.example/tiles/1/0/1.png?a=1'],
    ],
    [
      '4.4: both',
      'PUT',
      200,
      { Location: '1.png', 'Content-Location': '2.png' },
      [URL_, 'https://map.example/tiles/1/0/1.png', 'https://map.example/tiles/1/0/2.png'],
    ],
    ['4.4: both equal to the target', 'PUT', 200, { Location: URL_, 'Content-Location': '0.png' }, [URL_]],
    ['4.4: another origin', 'POST', 201, { Location: 'https://other.example/1.png' }, [URL_]],
    ['4.4: another port', 'POST', 201, { Location: 'https://map.example:444/1.png' }, [URL_]],
    ['4.4: another scheme', 'POST', 201, { 'Content-Location': 'http://map.example/1.png' }, [URL_]],
    ['4.4: an invalid URL', 'POST', 201, { Location: 'https://[' }, [URL_]],
    ['4.4: Location of an error', 'POST', 409, { Location: '1.png' }, []],
  ])('%s', (_, method, status, headers, expected) =>
    expect(invalidatedBy(method, URL_, { status, headers: new Headers(headers) })).toEqual(expected),
  );
  it('4.4: the target without its fragment', () =>
    expect(invalidatedBy('POST', `${URL_}#x`, { status: 200, headers: new Headers() })).toEqual([URL_]));
});
