import { createCounter, createGauge, createHistogram, type Metric } from '../rum/metrics';
import { bucketOf } from '../../src/shared/rum-schema';
import type { OriginState } from '../versions/state';
import type { PublishWatch } from './publish-options';

/** Allowed labels of the publishing metrics. Everything else is counted as `other`. */
export interface PublishLabels {
  layers: readonly string[];
  /** The CDNs, by the names that reports use. */
  edges: readonly string[];
}

/** Upper bounds of the purge histogram, in seconds. */
const PURGE_BOUNDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 150, 600];
const OUTCOMES = ['ok', 'unchanged', 'failed', 'refused'] as const;
/** The label of the origin's own cache among the edges. */
const OWN = 'origin';
const OTHER = 'other';

/** Creates the metrics of publishing. Every series starts at 0, because `rate()` misses the step from nothing to 1. */
export function createPublishMetrics(
  { layers, edges }: PublishLabels,
  known: () => OriginState,
): { watch: PublishWatch; all: readonly Metric[] } {
  const layerOf = (name: string) => (layers.includes(name) ? name : OTHER);
  const edgeOf = (name: string | undefined) => (name === undefined ? OWN : edges.includes(name) ? name : OTHER);

  const publications = createCounter('tile_publications_total', 'Publications, by what became of them.');
  const purges = createHistogram(
    'tile_purge_latency_seconds',
    'Time that an edge took to confirm a purge.',
    PURGE_BOUNDS,
  );
  const failures = createCounter(
    'tile_purges_failed_total',
    'Purges that an edge did not confirm, those of the background included.',
  );
  const verifications = createCounter('tile_verifications_total', 'Looks at the edge after a publication.');
  const outstanding = createGauge('tile_purges_outstanding', 'Purges that an edge still owes.', () => {
    const counts = new Map(cells().map((cell) => [cell.join(' '), { cell, count: 0 }]));
    for (const [layer, { owed = [] }] of Object.entries(known().layers)) {
      for (const { cdn } of owed) {
        const cell = [layerOf(layer), edgeOf(cdn)] as const;
        const held = counts.get(cell.join(' ')) ?? { cell, count: 0 };
        counts.set(cell.join(' '), { cell, count: held.count + 1 });
      }
    }
    return [...counts.values()].map(({ cell: [layer, edge], count }) => ({ labels: { layer, edge }, value: count }));
  });

  const unfinished = createGauge(
    'tile_publications_unfinished',
    'Layers with a publication that is not announced: under way, or interrupted.',
    () => {
      const counts = new Map(names.map((name) => [name, 0]));
      const { layers: states, begun = [] } = known();
      const staged = Object.entries(states).flatMap(([layer, each]) => (each.staged === undefined ? [] : [layer]));
      for (const layer of new Set([...staged, ...begun.map((each) => each.layer)]))
        counts.set(layerOf(layer), counts.get(layerOf(layer))! + 1);
      return [...counts].map(([layer, value]) => ({ labels: { layer }, value }));
    },
  );

  const names = [...layers, OTHER];
  const cells = () => names.flatMap((layer) => [...edges, OWN].map((edge) => [layer, edge] as const));
  for (const layer of names) {
    for (const outcome of OUTCOMES) publications.add({ layer, outcome }, 0);
    for (const outcome of ['ok', 'failed']) verifications.add({ layer, outcome }, 0);
  }
  for (const [layer, edge] of cells()) failures.add({ layer, edge }, 0);
  for (const edge of edges) purges.add({ edge }, [], 0);

  return {
    watch: {
      step(layer, { step, ok, seconds, cdn }) {
        if (step === 'verify') verifications.add({ layer: layerOf(layer), outcome: ok ? 'ok' : 'failed' }, 1);
        if (step !== 'purge' && step !== 'clear') return;
        if (!ok) failures.add({ layer: layerOf(layer), edge: edgeOf(cdn) }, 1);
        else if (step === 'purge') {
          const counts = new Array<number>(PURGE_BOUNDS.length + 1).fill(0);
          counts[bucketOf(PURGE_BOUNDS, seconds)] = 1;
          purges.add({ edge: edgeOf(cdn) }, counts, seconds);
        }
      },
      published(layer, report) {
        const outcome = !report ? 'refused' : !report.ok ? 'failed' : report.applied ? 'ok' : 'unchanged';
        publications.add({ layer: layerOf(layer), outcome }, 1);
      },
    },
    all: [publications, purges, failures, verifications, outstanding, unfinished].map(({ metric }) => metric),
  };
}
