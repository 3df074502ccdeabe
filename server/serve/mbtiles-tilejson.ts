import type { Mbtiles } from './mbtiles';

/** Returns TileJSON 3.0 from the metadata of an MBTiles file, without invalid values. */
export function tileJsonOf({ metadata, type, zooms }: Mbtiles, base: string): object {
  const words = Object.fromEntries(
    ['name', 'description', 'attribution', 'version'].flatMap((field) =>
      metadata[field] ? [[field, metadata[field]]] : [],
    ),
  );
  const bounds = numbersOf(metadata.bounds, 4);
  const center = numbersOf(metadata.center, 3);
  return {
    tilejson: '3.0.0',
    scheme: 'xyz',
    tiles: [`${base}/{z}/{x}/{y}${type && `.${type}`}`],
    ...words,
    ...(bounds && { bounds }),
    ...(center && { center }),
    minzoom: zoomOf(metadata.minzoom) ?? zooms[0],
    maxzoom: zoomOf(metadata.maxzoom) ?? zooms[1],
    ...vectorLayers(metadata.json),
  };
}

function numbersOf(text: string | undefined, count: number): number[] | undefined {
  const list = text?.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  return list?.length === count && list.every(Number.isFinite) ? list : undefined;
}

const zoomOf = (text: string | undefined) => (/^\d{1,2}$/.test(text ?? '') ? Number(text) : undefined);

function vectorLayers(json: string | undefined): object {
  try {
    const { vector_layers } = JSON.parse(json ?? '{}') as { vector_layers?: unknown };
    return Array.isArray(vector_layers) ? { vector_layers } : {};
  } catch {
    return {};
  }
}
