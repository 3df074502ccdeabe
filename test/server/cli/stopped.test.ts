import { expect, it } from 'vitest';
import { stopped } from '../../../server/cli/stopped';

it.each(['SIGINT', 'SIGTERM'] as const)('handles only the first %s: a second one ends the process', async (signal) => {
  const counts = () => ['SIGINT', 'SIGTERM'].map((each) => process.listenerCount(each));
  const before = counts();
  const heard = stopped();
  expect(counts()).toEqual(before.map((count) => count + 1));
  process.emit(signal);
  await heard;
  expect(counts()).toEqual(before);
});
