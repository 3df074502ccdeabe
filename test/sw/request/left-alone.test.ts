import { expect, it } from 'vitest';
import { isLeftAlone } from '../../../sw/request/left-alone';

it.each<[string, RequestMode, Record<string, string>, boolean]>([
  ['a tile', 'cors', {}, false],
  ['an image', 'no-cors', { accept: 'image/avif,image/webp,*/*;q=0.8' }, false],
  ['a navigation', 'navigate', { accept: 'text/html' }, true],
  ['an event stream', 'cors', { accept: 'text/event-stream' }, true],
  ['one among other types', 'cors', { accept: 'application/json, Text/Event-Stream;q=0.9' }, true],
  ['a type that only begins so', 'cors', { accept: 'text/event-stream-like' }, false],
  ['a type that only ends so', 'cors', { accept: 'x-text/event-stream' }, false],
])('%s', (_, mode, headers, expected) => expect(isLeftAlone({ mode, headers: new Headers(headers) })).toBe(expected));
