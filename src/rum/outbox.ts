import type { RumBatch } from '../shared/rum-schema';
import type { Delivering } from './deliver';
import type { RumQueue } from './queue';

/** Sends batches, and keeps those that could not be delivered. */
export interface Outbox {
  /** Delivers a new batch at once, or queues it. Never rejects. */
  deliver(batch: RumBatch): Promise<void>;
  /** Sends the queued batches, one at a time, until the first failure. Never rejects. */
  drain(): Promise<void>;
}

export function createOutbox(delivering: Delivering, queue: RumQueue, offline: () => boolean): Outbox {
  let draining = false;

  async function keep(batch: RumBatch): Promise<void> {
    // If storage is broken, these counts are lost, and nothing else fails.
    await queue.put(batch).catch(() => {});
  }

  return {
    async deliver(batch) {
      if (offline() || (await delivering.beacon(batch)) === 'failed') await keep(batch);
    },
    async drain() {
      if (draining || offline()) return;
      draining = true;
      try {
        for (let batch = await queue.take(); batch; batch = await queue.take()) {
          if ((await delivering.request(batch)) === 'failed') {
            await keep(batch);
            break;
          }
        }
      } catch {
        // Storage may be broken.
      }
      draining = false;
    },
  };
}
