/** Answers an event, or leaves it to the others: then it returns false. */
export type Answerer = (event: FetchEvent) => boolean;

const answerers: Answerer[] = [];

// Of two listeners that would answer, the one that was added first does. An import runs before every statement of the
// script that imports: here, tiles are the tile cache's wherever in the script it is set up, also behind a default
// handler of the app's own Workbox routes. Until then the listener does nothing.
if (typeof self !== 'undefined' && 'registration' in self) {
  self.addEventListener('fetch', (event) => void answerers.some((answer) => answer(event as FetchEvent)));
}

/** Adds one who may answer; the first who does is the last who is asked. */
export function answerFetches(answer: Answerer): void {
  answerers.push(answer);
}
