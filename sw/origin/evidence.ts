import type { ResolvedLayer } from '../../src/shared/layer-options';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { isVersion } from '../../src/shared/validate';
import { ageValue } from '../http/freshness';
import { inForce } from '../ledger/doubt';
import { isSettling } from '../ledger/settling';
import { recordOf } from '../ledger/state';
import { isMismatch } from '../ledger/verdict';
import type { Tile } from '../store/tile-store';
import type { ExchangePlan } from './exchange-plan';

/**
 * Returns the version that a response is evidence for, '' for none: its own header's, or the URL's if the layer has
 * `versionedUrls`.
 */
export function evidence(headers: Headers, { layer, version }: TileAddress): string {
  const told = labelOf(headers.get(layer.versionHeader));
  if (told !== undefined && isVersion(told)) return told;
  return layer.versionedUrls && version !== undefined ? version : '';
}

/**
 * Returns the label that the origin meant: without the quotes of a structured string (RFC 8941 section 3.3.3), and once
 * where each hop repeated it.
 */
function labelOf(field: string | null): string | undefined {
  const labels = new Set(field?.split(',').map((label) => label.trim().replace(/^"([^"\\]+)"$/, '$1')));
  return labels.size === 1 ? [...labels][0] : undefined;
}

/**
 * Returns the URL's token if it is evidence for the version of the bytes, else ''. An edge whose key leaves out the
 * query answers the new version's URL with the old one's bytes. The worker suspects that if all of this is true: the
 * layer has just switched to the URL's version, the edge had the bytes before the switch by their Age, and their
 * validators are those of a tile that is stored for another URL.
 */
export function tokenIn(
  { state, address: { layer, token } }: ExchangePlan,
  { status, headers, requestAt, responseAt }: Omit<Tile, 'meta'>,
  named: readonly Tile[],
): string {
  const { switched, version } = recordOf(state, layer.name);
  if (token === '' || token !== version || !isSettling(switched, layer, requestAt)) return token;
  if (responseAt - ageValue(headers) * 1000 >= switched.at) return token;
  const isOld = ({ meta, headers: old }: Tile) =>
    meta.token !== token && (status === 304 || isSame(headers, old, 'etag') || isSame(headers, old, 'last-modified'));
  // A layer that never shows an old tile has none to compare with.
  return layer.versionPolicy === 'discard' || named.some(isOld) ? '' : token;
}

const isSame = (fresh: Headers, old: Headers, name: string) => fresh.has(name) && fresh.get(name) === old.get(name);

/** The version of the last whole answer that named one, by layer. */
export type Labels = WeakMap<ResolvedLayer, string>;

/**
 * True if a 304 leaves open which version it confirms, so that the worker needs the whole tile. The 304 has no label,
 * the stored bytes have the label of another version than the one in force, and the server may lag: it sent these bytes
 * after the switch, or its last whole answer was of another version.
 */
export function hidesLabel(
  labels: Labels,
  { state, subject, address: { layer } }: ExchangePlan,
  told: string,
  { meta }: Tile,
): boolean {
  const record = inForce(state, layer.name);
  return (
    told === '' &&
    isMismatch(record, subject, meta) &&
    (meta.epoch >= (record.switched?.epoch ?? 0) || labels.get(layer) !== record.version)
  );
}

/**
 * Returns the version to label the bytes with after a 304, which proves the bytes and not the version. Servers strip
 * fields from it, and a server that lags names its own version for bytes that have not changed: then the bytes keep
 * their label. A stored label that the version in force contradicts is no label from then on; otherwise the tile would
 * be validated at every request.
 */
export function provenBy304({ state, subject, address }: ExchangePlan, told: string, { meta }: Tile): string {
  const record = inForce(state, address.layer.name);
  const wrong = isMismatch(record, subject, meta);
  if (told === '') return wrong ? '' : meta.version;
  return isMismatch(record, subject, { ...meta, version: told }) && !wrong && meta.version !== '' ? meta.version : told;
}
