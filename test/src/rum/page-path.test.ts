import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pagePath } from '../../../src/rum/page-path';

describe('path of the page', () => {
  it.each([
    ['/maps/city/view', '/maps/city/view'],
    ['/map?token=hush&access_token=hush#hush', '/map'],
    ['/map/2024/12', '/map/2024/12'],
    ['/dashboard/natural-earth-countries', '/dashboard/natural-earth-countries'],
    ['/u/3f2a9c1b-1111-4222-8333-444455556666/map', '/u/:id/map'],
    ['/reset/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc', '/reset/:id'],
    ['/share/9d8f7a6b5c4e3d2f', '/share/:id'],
    ['/user/jane@example.org', '/user/:id'],
    ['/user/jane%40example.org', '/user/:id'],
    ['/order/123456789', '/order/:id'],
    ['/a/' + 'x'.repeat(60), '/a/:id'],
    ['/' + 'seg/'.repeat(200), ('/' + 'seg/'.repeat(200)).slice(0, 256)],
  ])('%s', (path, expected) => {
    expect(pagePath(`https://maps.example${path}`)).toBe(expected);
  });

  it('never has a query, a fragment or more than 256 characters', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 20 }), fc.string(), fc.string(), (parts, query, fragment) => {
        const path = pagePath(`https://maps.example/${parts.map(encodeURIComponent).join('/')}?${query}#${fragment}`);
        return !/[?#]/.test(path) && path.length <= 256;
      }),
    );
  });
});
