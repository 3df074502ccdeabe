import { refuse } from '../src/shared/validate';

/** Answers an event, or returns false and leaves the event to other listeners. */
export type Answerer = (event: FetchEvent) => boolean;

let answerer: Answerer | undefined;

// When two listeners would answer, the browser takes the answer of the one added first. An import runs before every
// statement of the importing script, so this listener comes first: the tile cache gets its tiles wherever the script
// sets it up, even behind a default handler of the app's own Workbox routes. Until then the listener does nothing.
if (typeof self !== 'undefined' && 'registration' in self) {
  self.addEventListener('fetch', (event) => void answerer?.(event as FetchEvent));
}

/**
 * Has the listener call this answerer. Throws `INVALID_OPTION` if it already has one: each of two tile caches would
 * delete the other's layers when it activates, and refuse the messages about them.
 */
export function answerFetches(answer: Answerer): void {
  if (answerer) refuse('INVALID_OPTION', 'register', 'called once', 'Put all layers into one createTileCache().');
  answerer = answer;
}
