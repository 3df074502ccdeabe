import 'maplibre-gl/dist/maplibre-gl.css';
import * as maplibregl from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Layer, Map, Source } from 'react-map-gl/maplibre';
import { bindSource } from 'sw-tile-cache/maplibre';
import { TileCacheProvider, useTileCache } from 'sw-tile-cache/react';

maplibregl.setWorkerUrl(workerUrl);
const tiles = [`${location.origin}/tiles/political/{z}/{x}/{y}.png`];
const empty = { version: 8, sources: {}, layers: [] } as const;

function CountryMap() {
  const [map, setMap] = useState<maplibregl.Map>();
  const { client } = useTileCache();

  useEffect(() => {
    if (!client || !map) return;
    const binding = bindSource(map, 'political', client, { swap: 'view' });
    return () => binding.unbind();
  }, [client, map]);

  return (
    <Map
      mapLib={maplibregl as never}
      mapStyle={empty as never}
      initialViewState={{ longitude: 10, latitude: 20, zoom: 3 }}
      onLoad={({ target }) => setMap(target as never)}
    >
      <Source id="political" type="raster" tiles={tiles} tileSize={256} maxzoom={8}>
        <Layer id="political" type="raster" />
      </Source>
    </Map>
  );
}

function Age() {
  const { offline, stale, age, versions } = useTileCache();
  return (
    <output>
      Version {versions['political'] ?? 'not known'}
      {offline && ', offline'}
      {stale && `, perhaps out of date (${Math.floor((age ?? 0) / 60)} min)`}
    </output>
  );
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <TileCacheProvider options={{ serviceWorker: '/sw.js', versions: { url: '/api/tile-version', interval: 60 } }}>
      <CountryMap />
      <Age />
    </TileCacheProvider>
  </StrictMode>,
);
