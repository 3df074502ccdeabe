import type { WorkerMessage } from '../../src/shared/worker-messages';

/**
 * Condenses the news of a flood of commands. Of a layer's version changes only the last stays, with the `previous`
 * version of the first. Of equal purges only the last stays.
 */
export function summed(news: readonly WorkerMessage[]): WorkerMessage[] {
  const last = new Map<string, WorkerMessage>();
  for (const message of news) {
    if (message.type !== 'VERSION_CHANGED') {
      const equal = JSON.stringify(message);
      // Move it after the messages in between.
      last.delete(equal);
      last.set(equal, message);
      continue;
    }
    const name = `version ${message.layer}`;
    const before = last.get(name);
    last.delete(name);
    last.set(name, before?.type === message.type ? { ...message, previous: before.previous } : message);
  }
  return [...last.values()];
}
