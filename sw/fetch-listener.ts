/** Answers an event, or returns false and leaves the event to the other answerers. */
export type Answerer = (event: FetchEvent) => boolean;

const answerers: Answerer[] = [];

// When two listeners would answer, the browser takes the answer of the one added first. An import runs before every
// statement of the importing script, so this listener comes first: the tile cache gets its tiles wherever the script
// sets it up, even behind a default handler of the app's own Workbox routes. Until then the listener does nothing.
if (typeof self !== 'undefined' && 'registration' in self) {
  self.addEventListener('fetch', (event) => void answerers.some((answer) => answer(event as FetchEvent)));
}

/** Adds an answerer. The listener asks the answerers in order, and stops at the first that answers. */
export function answerFetches(answer: Answerer): void {
  answerers.push(answer);
}
