import { createGauge } from './rum/metrics';
import type { OriginLayer } from './layers/origin-layer';
import type { OriginState } from './versions/state';
import type { StreamStats } from './versions/stream-handler';

/** Creates the gauges of the origin's streams and layers. */
export function originGauges(
  layers: Record<string, OriginLayer>,
  stats: () => StreamStats,
  known: () => OriginState,
): Array<ReturnType<typeof createGauge>['metric']> {
  return [
    createGauge('tile_stream_clients', 'Clients of the event stream.', () => [{ labels: {}, value: stats().clients }]),
    createGauge('tile_stream_dropped', 'Slow readers dropped since the start of the instance.', () => [
      { labels: {}, value: stats().dropped },
    ]),
    createGauge(
      'tile_streams_refused_total',
      'Clients that got no stream: no place was left, or their address held too many.',
      () => [
        { labels: { reason: 'full' }, value: stats().refused },
        { labels: { reason: 'address' }, value: stats().limited },
      ],
      'counter',
    ),
    createGauge('tile_layer_info', 'Layers and their presets; always 1.', () =>
      Object.entries(layers).map(([layer, { preset = 'none' }]) => ({ labels: { layer, preset }, value: 1 })),
    ),
    createGauge('tile_layer_revision', 'Revision of the last publication.', () =>
      Object.entries(known().layers).map(([layer, { revision }]) => ({ labels: { layer }, value: revision })),
    ),
  ].map(({ metric }) => metric);
}
