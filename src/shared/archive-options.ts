import type { ResolvedLayer } from './layer-options';
import { MAX_HILBERT_ZOOM } from './hilbert';
import { refuse, type Read } from './validate';

/** What a layer with an archive does where its options say nothing. */
export const ARCHIVE_DEFAULTS = {
  freshness: 'version',
  maxAge: 60,
  staleWhileRevalidate: 604_800,
  staleIfError: Infinity,
  // Tiles of one view are asked for at once, so that what lies together in the file is read together.
  concurrency: 64,
  maxZoom: MAX_HILBERT_ZOOM,
} as const;

/** Where a layer's TileJSON is, and the manifest of all archives' versions. */
export const ARCHIVE_TEMPLATES = ['/tiles/{layer}.json', '/tiles/{layer}/version.json'] as const;

/** A URL, absolute or relative, without credentials in it. */
export const archiveUrl: Read<string> = (value, field, code) => {
  const must = "the URL of a PMTiles archive such as '/data/roads.pmtiles'";
  if (typeof value !== 'string' || value === '' || value.length > 8192) refuse(code, field, must);
  const url = URL.canParse(value, 'https://localhost') ? new URL(value, 'https://localhost') : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.hash) {
    const remedy = value.startsWith('pmtiles:') ? 'Leave pmtiles:// out.' : undefined;
    refuse(code, field, must, remedy);
  }
  if (url.username || url.password) refuse(code, field, 'without a user and password', 'Use a signed URL or cookies.');
  return value;
};

/** Throws for options that an archive cannot keep. */
export function refuseWithArchive({ crs, maxZoom, partition, templates }: ResolvedLayer, field: string): void {
  const code = 'INVALID_OPTION';
  if (crs !== 'EPSG:3857') refuse(code, `${field}.crs`, "'EPSG:3857' with an archive", `Leave out ${field}.crs.`);
  if (maxZoom > MAX_HILBERT_ZOOM) refuse(code, `${field}.maxZoom`, `at most ${MAX_HILBERT_ZOOM} with an archive`);
  if (partition !== undefined)
    refuse(code, `${field}.partition`, 'left out with an archive', 'An archive is the same for every user.');
  if (templates.some((template) => template.includes('{version}')))
    refuse(code, `${field}.template`, 'without {version} with an archive', "The archive's ETag is the version.");
}
