import '@cesium/engine/Source/Widget/CesiumWidget.css';
import {
  buildModuleUrl,
  Cartesian3,
  CesiumTerrainProvider,
  CesiumWidget,
  ImageryLayer,
  UrlTemplateImageryProvider,
} from '@cesium/engine';
import { createTileCacheClient } from 'sw-tile-cache';
import 'sw-tile-cache/tile-age';
import { followVersion } from './follow-version';

// Tell Cesium the folder of its web workers and images, which `npm run copy` copies.
(buildModuleUrl as unknown as { setBaseUrl(url: string): void }).setBaseUrl('/cesium/');
const { scene, camera } = new CesiumWidget('map', {
  ...{ baseLayer: false as const, skyBox: false as const, skyAtmosphere: false as const },
  // Draw only after changes.
  requestRenderMode: true,
});
camera.setView({ destination: Cartesian3.fromDegrees(10, 20, 6_000_000) });

const client = await createTileCacheClient({
  serviceWorker: '/sw.js',
  versions: { url: '/api/tile-version', interval: 60 },
});
document.querySelector('tile-age')!.client = client;

followVersion(client, 'political', '/tiles/political/{z}/{x}/{y}.png', (url) =>
  swap(new ImageryLayer(new UrlTemplateImageryProvider({ url, maximumLevel: 8 }))),
);

// The version goes into the URLs of layer.json and of every mesh. A new provider rebuilds the globe.
followVersion(client, 'terrain', '/terrain/', async (url) => {
  scene.terrainProvider = await CesiumTerrainProvider.fromUrl(url);
});

let shown: ImageryLayer | undefined;

/** Cesium cannot replace single tiles, so put the new layer above the old one until its tiles have loaded. */
function swap(layer: ImageryLayer): void {
  const old = shown;
  shown = layer;
  scene.imageryLayers.add(layer);
  if (!old) return;
  const end = scene.globe.tileLoadProgressEvent.addEventListener((waiting: number) => {
    if (waiting > 0) return;
    end();
    scene.imageryLayers.remove(old);
  });
}
