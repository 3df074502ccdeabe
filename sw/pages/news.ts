import type { WorkerMessage } from '../../src/shared/worker-messages';

/**
 * What a flood of commands has changed, said once: of versions of one layer the last, with what was before the first; of
 * equal purges the last.
 */
export function summed(news: readonly WorkerMessage[]): WorkerMessage[] {
  const last = new Map<string, WorkerMessage>();
  for (const message of news) {
    if (message.type !== 'VERSION_CHANGED') {
      const equal = JSON.stringify(message);
      // Behind what came between them.
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
