import { Deck, type Layer } from '@deck.gl/core';
import { TileLayer } from '@deck.gl/geo-layers';
import { BitmapLayer } from '@deck.gl/layers';
import { createTileCacheClient } from 'sw-tile-cache';
import 'sw-tile-cache/tile-age';
import { followVersion } from './follow-version';

const deck = new Deck({
  parent: document.querySelector<HTMLDivElement>('#map'),
  initialViewState: { longitude: 10, latitude: 20, zoom: 3 },
  controller: true,
});

const client = await createTileCacheClient({
  serviceWorker: '/sw.js',
  versions: { url: '/api/tile-version', interval: 60 },
});
document.querySelector('tile-age')!.client = client;

// deck.gl draws the old tiles until those of the new URL have loaded.
followVersion(client, 'political', '/tiles/political/{z}/{x}/{y}.png', (data) =>
  deck.setProps({ layers: [political(data)] }),
);

function political(data: string): Layer {
  return new TileLayer<ImageBitmap>({
    id: 'political',
    data,
    maxZoom: 8,
    renderSubLayers: ({ data: image, ...props }) => {
      const [[west, south], [east, north]] = props.tile.boundingBox as [number[], number[]];
      return image && new BitmapLayer(props, { image, bounds: [west!, south!, east!, north!] });
    },
  });
}
