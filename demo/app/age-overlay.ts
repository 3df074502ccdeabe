import type { Map } from 'maplibre-gl';
import { ageColour } from './age-colours';
import { formatAge } from './format';
import { MAX_TILE_ZOOM, type MapLayer } from './layers';
import type { TileAges } from './tile-ages';

/** Draws the borders of the visible tiles of one layer over the map, coloured by age, with age and status. */
export function createAgeOverlay(map: Map, ages: TileAges) {
  const canvas = document.createElement('canvas');
  canvas.className = 'age-overlay';
  canvas.setAttribute('aria-hidden', 'true');
  map.getCanvasContainer().append(canvas);
  let layer: MapLayer | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;

  function draw(): void {
    const { clientWidth: width, clientHeight: height } = map.getCanvas();
    const ratio = devicePixelRatio;
    if (canvas.width !== width * ratio || canvas.height !== height * ratio) {
      canvas.width = width * ratio;
      canvas.height = height * ratio;
    }
    const context = canvas.getContext('2d');
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!layer) return;
    const tiles = map.coveringTiles({ tileSize: layer.kind === 'raster' ? 256 : 512, minzoom: 0, maxzoom: MAX_TILE_ZOOM, roundZoom: layer.kind === 'raster' });
    context.font = '600 11px system-ui, sans-serif';
    for (const { canonical, wrap } of tiles) {
      const size = 2 ** canonical.z;
      const corner = (x: number, y: number) =>
        map.project([(x / size) * 360 - 180 + wrap * 360, (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / size))) * 180) / Math.PI]);
      const [from, to] = [corner(canonical.x, canonical.y), corner(canonical.x + 1, canonical.y + 1)];
      const age = ages.of(layer.id, canonical);
      context.strokeStyle = age ? ageColour(age.age) : '#8a8a8a';
      context.lineWidth = 3;
      context.setLineDash(age?.status === 'stale' ? [8, 5] : []);
      context.strokeRect(from.x + 2, from.y + 2, to.x - from.x - 4, to.y - from.y - 4);
      label(context, age ? `${formatAge(age.age)} · ${age.status}` : 'not seen yet', Math.max(from.x, 0) + 8, Math.max(from.y, 0) + 8);
    }
  }

  map.on('render', draw);
  return {
    /** Shows a layer's tiles, or nothing. */
    show(next: MapLayer | undefined): void {
      layer = next;
      clearInterval(timer);
      if (next) timer = setInterval(draw, 1000);
      draw();
    },
  };
}

function label(context: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  const width = context.measureText(text).width + 10;
  const colour = context.strokeStyle;
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(x, y, width, 18, 4);
  context.fill();
  context.fillStyle = '#0c1418';
  context.fillText(text, x + 5, y + 13);
}
