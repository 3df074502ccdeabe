// Code that runs in each test's worker beside the user's. It gives the test control of the clock, and lets it wait until
// everything that extends the worker's events has settled.
/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope;

let at: number | undefined;
const pending = new Set<Promise<unknown>>();

/** The clock for `createTileCache({ now })`. It stands still once the test has set it. */
export const now = (): number => at ?? Date.now();

function track(promise: unknown): void {
  const settled: Promise<unknown> = Promise.resolve(promise)
    .catch(() => {})
    .finally(() => pending.delete(settled));
  pending.add(settled);
}

const { waitUntil } = ExtendableEvent.prototype;
ExtendableEvent.prototype.waitUntil = function (this: ExtendableEvent, promise: Promise<unknown>) {
  track(promise);
  waitUntil.call(this, promise);
};
const { respondWith } = FetchEvent.prototype;
FetchEvent.prototype.respondWith = function (this: FetchEvent, response: Response | PromiseLike<Response>) {
  track(response);
  respondWith.call(this, response);
};

// The worker collects messages for a short time before it posts them. While a test waits for it to settle, timers of up to
// this many milliseconds run at once. Longer timers are deadlines, or housekeeping that tests count.
const MOMENT_MS = 250;
const moments = new Map<number, () => void>();
let settling = 0;

const { setTimeout: startTimer, clearTimeout: endTimer } = self;
self.setTimeout = ((callback: () => void, ms = 0) => {
  if (ms > MOMENT_MS) return startTimer.call(self, callback, ms);
  const due = () => moments.delete(timer) && callback();
  const timer = startTimer.call(self, due, settling > 0 ? 0 : ms);
  moments.set(timer, due);
  return timer;
}) as typeof self.setTimeout;
self.clearTimeout = (timer) => {
  moments.delete(timer as number);
  endTimer.call(self, timer);
};

async function settle(): Promise<void> {
  settling += 1;
  for (const due of [...moments.values()]) due();
  while (pending.size > 0) await Promise.all(pending);
  settling -= 1;
}

self.addEventListener('message', (event: ExtendableMessageEvent) => {
  const order = event.data as { test?: 'clock' | 'settle'; at?: number } | undefined;
  if (order?.test === undefined) return;
  event.stopImmediatePropagation();
  if (order.test === 'clock') at = order.at;
  waitUntil.call(
    event,
    settle().then(() => event.ports[0]?.postMessage('done')),
  );
});
