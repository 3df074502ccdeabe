import { expect, it } from 'vitest';
import type { WorkerMessage } from '../../../src/shared/worker-messages';
import { summed } from '../../../sw/pages/news';

const version = (layer: string, version: string, previous: string): WorkerMessage => ({
  type: 'VERSION_CHANGED',
  layer,
  version,
  previous,
});
const purge = (layer: string, zooms?: [number, number]): WorkerMessage => ({
  type: 'TILES_INVALIDATED',
  layer,
  mode: 'purge',
  buffer: 1,
  ...(zooms && { zooms }),
});

it('merges many versions of a layer into the last one, with the first one’s predecessor, and keeps each purge once', () => {
  expect(
    summed([
      version('roads', '2', '1'),
      purge('roads'),
      version('poi', '8', '7'),
      version('roads', '3', '2'),
      purge('roads'),
      purge('roads', [1, 2]),
    ]),
  ).toEqual([version('poi', '8', '7'), version('roads', '3', '1'), purge('roads'), purge('roads', [1, 2])]);
});
