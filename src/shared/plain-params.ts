import { looksLikeToken } from './secrets';

/** Parameters that describe an image and never a user. Keys show their values if they are short words or numbers. */
const PLAIN = new Set(
  [
    // WMS and WMTS of the OGC, ArcGIS, MapServer
    'service request version layers layer styles style format transparent width height crs srs bbox time elevation',
    'tiled tilematrixset tilematrix tilerow tilecol exceptions bgcolor dpi map_resolution buffer map palette',
    'colorscalerange numcolorbands opacity bboxsr imagesr size adjustaspectratio f mosaicrule renderingrule',
    // tile services
    'r zoom level row col scale scheme ratio tilesize tile_size quality theme type lang language locale',
    'hl gl lyrs mkt it shading og stl g projection date dim_time timestep fill_bound view pois ppi lg lg2 api-version',
    'tilesetid style_id styleid variant retina fresh wdth aspect_ratio fmt ext imgtype',
    // data
    'properties columns geom geom_column srid limit resolution extent clip bounds minzoom maxzoom year month day hour',
    'dir band bands rescale colormap_name colormap expression nodata resampling return_mask assets collection rev',
  ]
    .join(' ')
    .split(' '),
);

/** Single letters that are a token at one server and a time at another. Keys show only numbers and dates. */
const NUMERIC = /^[a-dhmnqstxyz]$|^(ts|_)$/;
const MAX_PLAIN = 256;

/** Returns true if a key may show the value: both name and value must look like no secret. */
export function isPlain(name: string, value: string, more: readonly string[]): boolean {
  if (value.length > MAX_PLAIN) return false;
  if (more.includes(name)) return true;
  const shape = PLAIN.has(name) ? SHAPE : NUMERIC.test(name) ? DATES : undefined;
  return shape !== undefined && shape.test(value) && !looksLikeToken(value);
}

/** Matches names, numbers, lists, content types, colours and dates. */
const DATES = /^[\d.,:TZ+-]*$/;
const SHAPE = /^[\p{L}\p{N} _.,:;/+*()#@|~-]*$/u;
