// What a test's worker has beside the user's code: a clock that the test sets,
// and a way to wait until everything that events were extended by has settled.
/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope;

let at: number | undefined;
const pending = new Set<Promise<unknown>>();

/** The clock for `createTileCache({ now })`: stands still once the test has set it. */
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

async function settle(): Promise<void> {
  while (pending.size > 0) await Promise.all(pending);
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
