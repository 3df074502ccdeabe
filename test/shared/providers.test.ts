import { describe, expect, test } from 'vitest';
import { providers, providerTerms } from '../../src/shared/providers';
import { resolveLayer } from '../../src/shared/resolve-layer';
import { createTileMatcher } from '../../src/shared/tile-matcher';

type Name = keyof typeof providers;
const SECRET = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
const OTHER = 'f9e8d7c6b5a493827160f5e4d3c2b1a0';

const matcher = (name: Name) =>
  createTileMatcher({ origin: 'https://app.test', layers: [resolveLayer(name, { ...providers[name] })] });

describe('providers', () => {
  test.each<[Name, string, string | undefined]>([
    ['maptiler', `https://api.maptiler.com/maps/streets-v2/256/3/4/2.png?key=${SECRET}&mtsid=SESSION`, '3/4/2'],
    ['maptiler', `https://api.maptiler.com/tiles/v3/3/4/2.pbf?key=${SECRET}&mtsid=SESSION`, '3/4/2'],
    [
      'mapbox',
      `https://api.mapbox.com/v4/mapbox.mapbox-streets-v8/3/4/2.vector.pbf?sku=SESSION&access_token=pk.${SECRET}`,
      '3/4/2',
    ],
    [
      'mapbox',
      `https://api.mapbox.com/styles/v1/mapbox/streets-v12/tiles/512/3/4/2@2x?access_token=pk.${SECRET}&sku=SESSION`,
      '3/4/2',
    ],
    ['google', `https://tile.googleapis.com/v1/2dtiles/3/4/2?session=SESSION&key=${SECRET}`, '3/4/2'],
    ['osm', 'https://tile.openstreetmap.org/3/4/2.png', '3/4/2'],
    ['thunderforest', `https://tile.thunderforest.com/cycle/3/4/2.png?apikey=${SECRET}`, '3/4/2'],
    ['stadia', `https://tiles.stadiamaps.com/tiles/alidade_smooth/3/4/2@2x.png?api_key=${SECRET}`, '3/4/2'],
    [
      'azure',
      `https://atlas.microsoft.com/map/tile?api-version=2.1&tilesetId=microsoft.base.road&zoom=3&x=4&y=2&subscription-key=${SECRET}`,
      '3/4/2',
    ],
    ['here', `https://maps.hereapi.com/v3/base/mc/3/4/2/png8?style=explore.day&size=256&apiKey=${SECRET}`, '3/4/2'],
    ['tomtom', `https://api.tomtom.com/map/1/tile/basic/main/3/4/2.png?key=${SECRET}`, '3/4/2'],
    [
      'arcgis',
      `https://ibasemaps-api.arcgis.com/arcgis/rest/services/World_Imagery/MapServer/tile/3/2/4?token=${SECRET}`,
      '3/4/2',
    ],
    ['bing', 'https://ecn.t0.tiles.virtualearth.net/tiles/a120.jpeg?g=14245&n=z', '3/4/2'],
    ['usgs', 'https://basemap.nationalmap.gov/arcgis/rest/services/USGSTopo/MapServer/tile/3/2/4', '3/4/2'],
    ['carto', 'https://a.basemaps.cartocdn.com/light_all/3/4/2@2x.png', '3/4/2'],
    ['geoapify', `https://maps.geoapify.com/v1/tile/osm-bright/3/4/2.png?apiKey=${SECRET}`, '3/4/2'],
    ['jawg', `https://tile.jawg.io/jawg-sunny/3/4/2.png?access-token=${SECRET}`, '3/4/2'],
    ['locationiq', `https://a-tiles.locationiq.com/v3/streets/r/3/4/2.png?key=pk.${SECRET}`, '3/4/2'],
    [
      'tianditu',
      `https://t0.tianditu.gov.cn/vec_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER=vec&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX=3&TILEROW=2&TILECOL=4&tk=${SECRET}`,
      '3/4/2',
    ],
    ['baidu', `https://maponline0.bdimg.com/tile/?qt=vtile&x=4&y=2&z=3&styles=pl&ak=${SECRET}`, undefined],
    ['naver', `https://map.pstatic.net/nrb/styles/basic/3/4/2.png?mt=bg.ol.ts.lko&key=${SECRET}`, '3/4/2'],
    ['here', `https://maps.hereapi.com/v3/background/mc/3/4/2/png8?style=lite.day&ppi=400&apiKey=${SECRET}`, '3/4/2'],
    ['here', `https://maps.hereapi.com/v3/label/mc/3/4/2/png8?style=explore.night&lang=de&apiKey=${SECRET}`, '3/4/2'],
    ['tomtom', `https://b.api.tomtom.com/map/1/tile/basic/main/3/4/2.png?key=${SECRET}&tileSize=512`, '3/4/2'],
    [
      'arcgis',
      'https://services.arcgisonline.com/arcgis/rest/services/World_Imagery/MapServer/tile/3/2/4?blankTile=false',
      '3/4/2',
    ],
    [
      'bing',
      'https://t1.ssl.ak.dynamic.tiles.virtualearth.net/comp/ch/120?mkt=en-US&it=G,L&shading=hill&og=2505&n=z',
      '3/4/2',
    ],
    ['carto', 'https://basemaps.cartocdn.com/rastertiles/voyager/3/4/2@2x.png', '3/4/2'],
    ['jawg', `https://c.tile.jawg.io/jawg-streets/3/4/2@2x.png?access-token=${SECRET}`, '3/4/2'],
    [
      'tianditu',
      `https://t3.tianditu.gov.cn/cva_w/wmts?service=wmts&request=GetTile&version=1.0.0&layer=cva&style=default&tilematrixset=w&format=tiles&tilematrix=3&tilerow=2&tilecol=4&tk=${SECRET}`,
      '3/4/2',
    ],
    ['openweathermap', `https://tile.openweathermap.org/map/temp_new/3/4/2.png?appid=${SECRET}`, '3/4/2'],
  ])('%s: %s', (name, url, expected) => {
    const match = matcher(name);
    const found = match(url)!;
    expect(found.tile && `${found.tile.z}/${found.tile.x}/${found.tile.y}`).toBe(expected);
    expect(found.key).not.toMatch(new RegExp(`${SECRET}|SESSION`));
    // The next page load has another session: the same tile. Another user's key: another partition.
    const next = match(url.replaceAll('SESSION', 'ANOTHER'))!;
    expect([next.key, next.hidden, next.secrets]).toEqual([found.key, found.hidden, found.secrets]);
    if (url.includes(SECRET)) expect(match(url.replaceAll(SECRET, OTHER))!.secrets).not.toBe(found.secrets);
  });

  test.each(Object.keys(providers) as Name[])('%s has terms', (name) => {
    expect(providerTerms[name]).toMatchObject({
      attribution: expect.any(String),
      terms: expect.stringMatching(/^https:/),
    });
  });
});
