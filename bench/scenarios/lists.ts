import { createTileList } from '../../server/tiles/encode-tiles';
import { fill } from '../lib/lab';
import { metric } from '../lib/results';
import { quantile } from '../lib/stats';
import type { Scenario } from './context';

const LAYER = 'kb12';
const MILLION = 1_000_000;

/** Returns that many tiles of zoom 14, in discs like towns, a different set each time. */
function townsOf(count: number, turn: number): string {
  const list = createTileList();
  for (let town = 0; list.size < count; town += 1) {
    const [cx, cy] = [(town * 7919 + turn * 131) % 16_000, (town * 104_729 + turn * 17) % 16_000];
    for (let dx = -30; dx <= 30; dx += 1)
      for (let dy = -30; dy <= 30; dy += 1)
        if (dx * dx + dy * dy <= 900)
          list.add({ z: 14, x: Math.min(16_383, Math.max(0, cx + dx)), y: Math.min(16_383, Math.max(0, cy + dy)) });
  }
  return list.pack();
}

const around = { bbox: [-180, -85, 180, 85], zooms: [14, 14] };

/** Measures acked publications that list a few tiles and a million tiles, and what they cost the hits that follow. */
export const lists: Scenario = (context) =>
  context.inLab(
    async (lab) => {
      const bench = lab.of('tile-cache');
      const { page, run } = bench;
      await page.front();
      await fill(bench, LAYER, 500, 9);
      const turns = context.quick ? 1 : context.rounds;
      let revision = 1;
      const announce = (changes: object[] = []) =>
        run('acked', {
          type: 'TILE_VERSIONS',
          manifest: { layers: { [LAYER]: { version: `v${revision}`, revision: revision++, changes } } },
          confirmedAt: Date.now(),
        });
      await announce();
      const hits = () => run<number[]>('single', LAYER, 500, 200, 9);
      await hits();
      const took = new Map<string, number[]>([
        ['37', []],
        ['1,000,000', []],
      ]);
      const before = quantile(await hits(), 0.5);
      for (let turn = 0; turn < turns; turn += 1)
        for (const [count, times] of took) {
          const tiles = townsOf(Number(count.replaceAll(',', '')), turn);
          times.push(await announce([{ from: `v${revision - 1}`, ...around, tiles }]));
        }
      await hits();
      const after = quantile(await hits(), 0.5);
      return {
        lists: metric(
          {
            title: 'Publication that names tiles, acked',
            unit: 'ms',
            better: 'less',
            how: `From the message to its ack, durable; a list of ${MILLION.toLocaleString('en')} tiles around towns.`,
          },
          new Map([...took.keys()].map((count) => [count, `${count} tiles`])),
          took,
        ),
        listHits: metric(
          { title: 'Hit behind such lists, p50', unit: 'ms', better: 'less', how: 'One at a time, 200 of 500 tiles.' },
          new Map([
            ['before', 'no list'],
            ['after', 'after all lists'],
          ]),
          new Map([
            ['before', [before]],
            ['after', [after]],
          ]),
        ),
      };
    },
    ['tile-cache'],
  );
