import { MAX_HILBERT_ZOOM } from '../../src/shared/hilbert';
import type { LayerOptions, ResolvedLayer } from '../../src/shared/layer-options';
import { refuse } from '../../src/shared/validate';

/** Defaults for a layer with an archive. */
const DEFAULTS: LayerOptions = {
  freshness: 'version',
  maxAge: 60,
  staleWhileRevalidate: 604_800,
  staleIfError: Infinity,
  // Request the tiles of one view at once, so that the worker reads neighbouring parts of the file together.
  concurrency: 64,
  maxZoom: MAX_HILBERT_ZOOM,
};

const CODE = 'INVALID_OPTION';

/** Fills in the defaults of a layer with an archive. Throws `INVALID_OPTION`, naming the field. */
export function archiveLayer(layer: ResolvedLayer, given: LayerOptions): ResolvedLayer {
  const missing = Object.entries(DEFAULTS).filter(([name]) => given[name as keyof LayerOptions] === undefined);
  const whole: ResolvedLayer = { ...layer, ...Object.fromEntries(missing) };
  const { crs, maxZoom, partition, templates, archive = '' } = whole;
  const field = `layers.${layer.name}`;
  refuseUrl(archive, `${field}.archive`);
  if (crs !== 'EPSG:3857') refuse(CODE, `${field}.crs`, "'EPSG:3857' with an archive", `Leave out ${field}.crs.`);
  if (maxZoom > MAX_HILBERT_ZOOM) refuse(CODE, `${field}.maxZoom`, `at most ${MAX_HILBERT_ZOOM} with an archive`);
  if (partition !== undefined)
    refuse(CODE, `${field}.partition`, 'left out with an archive', 'An archive is the same for every user.');
  if (templates.some((template) => template.includes('{version}')))
    refuse(CODE, `${field}.template`, 'without {version} with an archive', "The archive's ETag is the version.");
  return whole;
}

/** Accepts an absolute or relative URL without credentials. Throws otherwise. */
function refuseUrl(archive: string, field: string): void {
  const must = "the URL of a PMTiles archive such as '/data/roads.pmtiles'";
  let url: URL;
  try {
    url = new URL(archive, 'https://localhost');
  } catch {
    refuse(CODE, field, must);
  }
  if (url.protocol === 'pmtiles:') refuse(CODE, field, must, 'Leave pmtiles:// out.');
  if (!/^https?:$/.test(url.protocol) || url.hash) refuse(CODE, field, must);
  if (url.username || url.password) refuse(CODE, field, 'without a user and password', 'Use a signed URL or cookies.');
}
