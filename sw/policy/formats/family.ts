/** The kinds of content that the check distinguishes. `binary`: a format that the package does not know. */
export type Family = 'picture' | 'vector' | 'JSON' | 'XML' | 'SVG' | 'text' | 'HTML' | 'script' | 'binary';

/** Evidence of a tile's format that is available before its bytes are read. */
export interface Claim {
  /** The request's URL. */
  url?: string;
  destination?: string;
  /** The content type of the stored good tile. */
  storedType?: string | null;
}

const EXTENSIONS: Record<string, Family> = {
  ...families('picture', 'png apng jpg jpeg jpe jfif gif webp avif heic tif tiff bmp jxl jp2'),
  ...families('vector', 'pbf mvt vectortile'),
  ...families('JSON', 'json geojson topojson tilejson utfgrid'),
  ...families('XML', 'xml kml gml gpx'),
  ...families('SVG', 'svg'),
  ...families('text', 'txt csv tsv'),
  ...families('binary', 'terrain mlt mrt ktx ktx2 b3dm i3dm pnts cmpt glb subtree lerc lerc2 bin dat zip kmz npy'),
};

function families(family: Family, names: string): Record<string, Family> {
  return Object.fromEntries(names.split(' ').map((name) => [name, family]));
}

/** A text without its parameters, in lower case. */
const bare = (text: string): string => text.split(';')[0]!.trim().toLowerCase();

/**
 * The content type without parameters, in lower case; '' for none. Of several, which origin and proxies have added, the
 * last valid one counts (Fetch standard, "extract a MIME type").
 */
export const mimeOf = (type: string | null | undefined): string =>
  (type ?? '')
    .split(',')
    .map(bare)
    .filter((one) => MIME.test(one))
    .at(-1) ?? '';
const MIME = /^[^\s"*/]+\/[^\s"/]+$/;

/** The family of a content type; `undefined` for an empty one. */
export function familyOfType(mime: string): Family | undefined {
  if (mime === '') return undefined;
  if (mime === 'image/svg+xml') return 'SVG';
  if (mime.startsWith('image/')) return /ktx|dds|basis/.test(mime) ? 'binary' : 'picture';
  if (/mapbox-vector-tile|protobuf|[/.]mvt$|[-/]pbf$/.test(mime)) return 'vector';
  if (/^(text\/html|application\/xhtml\+xml)$/.test(mime)) return 'HTML';
  if (/(java|ecma|live)script$/.test(mime)) return 'script';
  if (/[/+.-]json(-seq)?$|ndjson$/.test(mime)) return 'JSON';
  if (/[/+]xml$|gml|kml/.test(mime)) return /kmz/.test(mime) ? 'binary' : 'XML';
  if (mime.startsWith('text/')) return 'text';
  return 'binary';
}

/** The family that the request implies by its URL or destination, or else the stored tile's. */
export function familyOfClaim({ url, destination, storedType }: Claim): Family | undefined {
  const byUrl = url === undefined ? undefined : familyOfUrl(url);
  if (byUrl) return byUrl;
  if (destination === 'image') return 'picture';
  const stored = familyOfType(mimeOf(storedType));
  // The text content type of a stored good tile may have been wrong: it proves nothing.
  return stored === 'picture' || stored === 'vector' || stored === 'JSON' || stored === 'XML' || stored === 'SVG'
    ? stored
    : undefined;
}

/** `5.png`, `5.pbf.gz`, and the same with suffixes that servers append: `5.png@2x`, `5.png;jsessionid=1`, `5.png/`. */
const EXTENSION = /\.([a-z\d]+)(?:\.(?:gz|br|zst))?(?:[;@,!~:][^/]*)?\/?$/i;

const FORMAT = /(?:^|&)format=([^&]*)/i;
/** GetFeatureInfo: `format` is that of the image that the page shows. */
const INFO = /(?:^|&)info_?format=([^&]*)/i;

/** The family by the URL's extension, or else by the query's `format` parameter (WMS, WMTS). */
function familyOfUrl(url: string): Family | undefined {
  const [path, query = ''] = url.split(/[?#]/) as [string, string?];
  const extension = EXTENSION.exec(path)?.[1]?.toLowerCase();
  const known = extension && Object.hasOwn(EXTENSIONS, extension) ? EXTENSIONS[extension] : undefined;
  if (known) return known;
  const format = bare(new URLSearchParams(`f=${(INFO.exec(query) ?? FORMAT.exec(query))?.[1] ?? ''}`).get('f')!);
  if (!format) return undefined;
  if (!format.includes('/')) return Object.hasOwn(EXTENSIONS, format) ? EXTENSIONS[format] : undefined;
  const family = familyOfType(format);
  // Only what lies at a pixel may be a page, where the request asks for one.
  return family === 'binary' || family === 'script' || (family === 'HTML' && !INFO.test(query)) ? undefined : family;
}
