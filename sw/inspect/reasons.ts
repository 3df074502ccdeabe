import type { Clause } from '../../src/shared/clauses';
import type { InspectToken, OfflineToken, Reason } from '../../src/shared/inspect';
import type { ResolvedLayer } from '../../src/shared/layer-options';

type Told = Omit<Reason, 'token' | 'option'> & { option?: keyof ResolvedLayer };

const CLAUSES: Record<InspectToken, Told> = {
  fresh: { rfc: 'RFC 9111 section 4.2', words: 'The stored tile is fresh: it is younger than its freshness lifetime.' },
  'version-confirmed': {
    option: 'freshness',
    words: 'The stored tile is fresh: the version manifest has confirmed its version within the layer’s maxAge.',
  },
  'stale-while-revalidate': {
    rfc: 'RFC 5861 section 3',
    words:
      'The stored tile is stale, but within stale-while-revalidate: the worker answers with it and validates it in the background.',
  },
  'other-version': {
    option: 'versionPolicy',
    words:
      'The stored tile is of another version: the worker answers with it at once, and fetches the right one in the background.',
  },
  'max-stale': { rfc: 'RFC 9111 section 5.2.1.2', words: 'The request accepts a stale tile.' },
  disconnected: {
    rfc: 'RFC 9111 section 4.2.4',
    words: 'The layer’s network is dead, and the worker may answer with the stored tile.',
  },
  expired: {
    rfc: 'RFC 9111 section 4.2.4',
    words: 'The stored tile is older than its lifetime and every window: the worker validates it first.',
  },
  'no-cache': {
    rfc: 'RFC 9111 section 5.2.2.4',
    words: 'The origin says no-cache: the worker validates the stored tile before each use.',
  },
  'must-revalidate': {
    rfc: 'RFC 9111 section 5.2.2.2',
    words: 'The stored tile is stale and the origin says must-revalidate: no window applies.',
  },
  'vary-unseen': {
    rfc: 'RFC 9111 section 4.1',
    option: 'ignoreVary',
    words:
      'The stored tile varies on a request field that a worker cannot see: the worker validates it before each use.',
  },
  'age-unknown': {
    rfc: 'RFC 9111 section 4.2.3',
    words: 'This device’s clock was changed after the tile arrived, so its age is unknown: the worker validates it.',
  },
  request: {
    rfc: 'RFC 9111 section 5.2.1',
    words: 'The request itself demands a validation, or a younger tile (Cache-Control, a reload, the cache mode).',
  },
  bypass: {
    rfc: 'RFC 9111 section 5.2.1.5',
    words: 'The request bypasses the store (cache: no-store, If-Match, If-Unmodified-Since).',
  },
  'uri-miss': { rfc: 'RFC 9211 section 2.2', words: 'Nothing is stored for this URL: the worker requests it.' },
  'vary-miss': {
    rfc: 'RFC 9111 section 4.1',
    words: 'The stored responses belong to other request headers (Vary): the worker sends a request.',
  },
  'only-if-cached': {
    rfc: 'RFC 9111 section 5.2.1.7',
    words: 'The request accepts only a stored tile, and the worker may use none: 504.',
  },
  purged: { words: 'A purge covers the stored tile: the worker acts as if it had never stored it.' },
  cleared: { words: 'A page cleared the layer, its partition or everything after the tile was fetched: it is gone.' },
  forgotten: {
    rfc: 'RFC 9111 section 4.4',
    words: 'A POST, PUT, PATCH or DELETE has changed the resource at this URL: the stored tile is gone.',
  },
  'marked-stale': { words: 'An invalidation has marked the stored tile stale: the worker validates it first.' },
  'version-changed': {
    option: 'versionPolicy',
    words: 'The layer has a new version, and the stored tile is of an earlier one.',
  },
  'version-mismatch': {
    option: 'versionHeader',
    words: 'The origin labelled the tile with another version than the one in force: an edge lags behind.',
  },
  'other-token': {
    option: 'versionParam',
    words: 'The stored tile was fetched under another version in the URL.',
  },
  settling: {
    option: 'settleTime',
    words:
      'The tile has no label and arrived right after a change of version, or it arrived right after a purge with an Age from long before: an edge may have answered with the old one.',
  },
  'ledger-lost': {
    words: 'The browser has deleted the ledger under which the tile was stored: the worker validates it first.',
  },
  'no-layer': { words: 'No layer has this URL: the worker leaves it to the browser.' },
  storage: { words: 'The worker’s storage does not answer: tiles come from the network, and nothing is stored.' },
  csp: { words: 'The worker’s Content-Security-Policy forbids this host: the browser loads it without the worker.' },
  'no-url': {
    words: 'No page has requested this tile, and no template of the layer gives its URL: inspect it by its URL.',
  },
};

const OFFLINE: Record<OfflineToken, Told> = {
  fresh: { rfc: 'RFC 9111 section 4.2', words: 'Offline, the worker shows it: it is fresh.' },
  'version-confirmed': { option: 'freshness', words: 'Offline, the worker shows it: its version is still confirmed.' },
  'stale-while-revalidate': {
    rfc: 'RFC 5861 section 3',
    words: 'Offline, the worker shows it, within its stale window.',
  },
  'max-stale': {
    rfc: 'RFC 9111 section 5.2.1.2',
    words: 'Offline, the worker shows it: the request accepts a stale tile.',
  },
  'other-version': {
    option: 'versionPolicy',
    words: 'Offline, the worker shows it, although it is of another version.',
  },
  'stale-if-error': {
    rfc: 'RFC 5861 section 4',
    option: 'staleIfError',
    words: 'Offline, the worker shows it: stale-if-error allows it.',
  },
  disconnected: { rfc: 'RFC 9111 section 4.2.4', words: 'Offline, the worker shows it: nothing forbids it.' },
  'offline-always': { option: 'offline', words: 'Offline, the worker shows it, although the origin forbids it.' },
  region: { words: 'Offline, the worker shows it: a region contains it.' },
  archive: { words: 'Offline, the worker reads it from the layer’s archive, all of which is stored.' },
  'nothing-stored': { words: 'Offline, there is a hole (504): nothing usable is stored.' },
  forbidden: {
    rfc: 'RFC 9111 section 5.2.2',
    words: 'Offline, there is a hole (504): the origin says no-cache or must-revalidate.',
  },
  'too-old': {
    rfc: 'RFC 5861 section 4',
    option: 'staleIfError',
    words: 'Offline, there is a hole (504): the tile is older than stale-if-error allows.',
  },
  'vary-unseen': {
    rfc: 'RFC 9111 section 4.1',
    option: 'ignoreVary',
    words: 'Offline, there is a hole (504): the tile varies on a request field that a worker cannot see.',
  },
  bypass: { words: 'Offline, there is a hole: the request bypasses the store.' },
};

function reason<T extends string>(token: T, { option, ...told }: Told, layer: ResolvedLayer | undefined): Reason<T> {
  const value = option && layer?.[option];
  const shown = Array.isArray(value) ? `[${value.join(', ')}]` : String(value ?? 'not set');
  return { token, ...told, ...(option && { option: layer ? `${option}: ${shown}` : option }) };
}

/** Explains a clause in words, with the layer's value of the option that it depends on. */
export const reasonOf = <T extends InspectToken | Clause>(token: T, layer?: ResolvedLayer): Reason<T> =>
  reason(token, CLAUSES[token], layer);

/** Explains in words why a tile is shown, or not shown, without a network. */
export const offlineReason = (token: OfflineToken, layer?: ResolvedLayer): Reason<OfflineToken> =>
  reason(token, OFFLINE[token], layer);
