import { describe, expect, it } from 'vitest';
import { resolveLayer } from '../../../src/shared/resolve-layer';
import { isLeftAlone, isPartOfPage } from '../../../sw/request/left-alone';

it.each<[string, RequestMode, Record<string, string>, boolean]>([
  ['a tile', 'cors', {}, false],
  ['an image', 'no-cors', { accept: 'image/avif,image/webp,*/*;q=0.8' }, false],
  ['a navigation', 'navigate', { accept: 'text/html' }, true],
  ['an event stream', 'cors', { accept: 'text/event-stream' }, true],
  ['an event stream among other types', 'cors', { accept: 'application/json, Text/Event-Stream;q=0.9' }, true],
  ['a type with the same beginning', 'cors', { accept: 'text/event-stream-like' }, false],
  ['a type with the same end', 'cors', { accept: 'x-text/event-stream' }, false],
])('%s', (_, mode, headers, expected) => expect(isLeftAlone({ mode, headers: new Headers(headers) })).toBe(expected));

describe('under `/tiles/`, without configuration', () => {
  const layer = resolveLayer('viewer', {}, { catchAll: true });
  it.each([
    ...['script', 'style', 'manifest', 'iframe', 'frame', 'embed', 'object', 'worker', 'sharedworker'],
    ...['serviceworker', 'audioworklet', 'paintworklet', 'xslt'],
  ] as RequestDestination[])('a %s is a part of a page', (destination) => {
    expect(isPartOfPage({ destination }, { layer })).toBe(true);
    // A configured layer handles all its URLs.
    expect(isPartOfPage({ destination }, { layer: resolveLayer('viewer') })).toBe(false);
  });
  it.each(['', 'image', 'font', 'audio', 'video', 'track'] as RequestDestination[])(
    '"%s" may be a tile',
    (destination) => expect(isPartOfPage({ destination }, { layer })).toBe(false),
  );
});
