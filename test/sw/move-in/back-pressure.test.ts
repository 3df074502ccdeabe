import { expect, it } from 'vitest';
import type { Candidate } from '../../../sw/move-in/examine';
import { createPacks } from '../../../sw/move-in/packs';
import { settle } from '../fakes/timers';

const MB = 1024 * 1024;

it('a move reads no more tiles while many bytes wait to be written', async () => {
  const writes: Array<() => void> = [];
  const packs = createPacks(
    { take: () => true },
    ({ place }) => place.key,
    () => new Promise<void>((resolve) => writes.push(resolve)),
  );
  let added = 0;
  const adding = (async () => {
    for (; added < 20; added += 1)
      await packs.add({
        place: { cacheName: 'c', key: String(added) },
        subject: { layer: {} },
        bytes: new Uint8Array(5 * MB),
      } as unknown as Candidate);
  })();
  await settle();
  const inMemory = (added + 1) * 5;
  expect(inMemory).toBeGreaterThanOrEqual(32);
  expect(inMemory).toBeLessThan(40);
  while (added < 20) {
    for (const end of writes.splice(0)) end();
    await settle();
  }
  await adding;
  const end = packs.end();
  for (const done of writes.splice(0)) done();
  await end;
});
