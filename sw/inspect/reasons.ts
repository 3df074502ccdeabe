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
    words: 'The stored tile is stale, inside its stale-while-revalidate window: it is shown, and validated behind.',
  },
  'other-version': {
    option: 'versionPolicy',
    words: 'The stored tile is another version’s; the layer shows it at once and fetches the right one behind.',
  },
  'max-stale': { rfc: 'RFC 9111 section 5.2.1.2', words: 'The request takes a stale tile.' },
  disconnected: {
    rfc: 'RFC 9111 section 4.2.4',
    words: 'The layer’s network is dead, and the stored tile may stand in.',
  },
  expired: {
    rfc: 'RFC 9111 section 4.2.4',
    words: 'The stored tile is older than its lifetime and every window: it is validated first.',
  },
  'no-cache': {
    rfc: 'RFC 9111 section 5.2.2.4',
    words: 'The origin says no-cache: the stored tile is validated before every use.',
  },
  'must-revalidate': {
    rfc: 'RFC 9111 section 5.2.2.2',
    words: 'The stored tile is stale and the origin says must-revalidate: no window applies.',
  },
  'vary-unseen': {
    rfc: 'RFC 9111 section 4.1',
    option: 'ignoreVary',
    words: 'The stored tile varies on a request field that a worker cannot see: it is validated before every use.',
  },
  'age-unknown': {
    rfc: 'RFC 9111 section 4.2.3',
    words: 'This device’s clock was set since the tile came: nobody knows how old it is, so it is validated.',
  },
  request: {
    rfc: 'RFC 9111 section 5.2.1',
    words: 'The request itself asks for validation, or for a younger tile (Cache-Control, a reload, the cache mode).',
  },
  bypass: {
    rfc: 'RFC 9111 section 5.2.1.5',
    words: 'The request goes past the store (cache: no-store, If-Match, If-Unmodified-Since).',
  },
  'uri-miss': { rfc: 'RFC 9211 section 2.2', words: 'Nothing is stored for this URL: the origin is asked.' },
  'vary-miss': {
    rfc: 'RFC 9111 section 4.1',
    words: 'What is stored was chosen for other request headers (Vary): the origin is asked.',
  },
  'only-if-cached': {
    rfc: 'RFC 9111 section 5.2.1.7',
    words: 'The request takes a stored answer or none, and nothing stored may answer: 504.',
  },
  purged: { words: 'A purge covers the stored tile: it is as if it had never been stored.' },
  cleared: { words: 'The layer, its partition or everything was cleared after the tile was fetched: it is gone.' },
  forgotten: {
    rfc: 'RFC 9111 section 4.4',
    words: 'A POST, PUT, PATCH or DELETE has changed what this URL names: the stored tile is gone.',
  },
  'marked-stale': { words: 'An invalidation has marked the stored tile stale: it is validated before it is shown.' },
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
    words: 'What is stored was fetched under another version in the URL.',
  },
  settling: {
    option: 'settleTime',
    words:
      'The tile came right after a change of version and says nothing of its own, or right after a purge with an Age from long before: an edge may have answered the old one.',
  },
  'ledger-lost': {
    words: 'The browser has dropped the ledger that the tile was stored under: it is validated before it is used.',
  },
  'no-layer': { words: 'No layer has this URL: the worker leaves it to the browser.' },
  storage: { words: 'The worker’s storage does not answer: tiles come from the network, and nothing is stored.' },
  csp: { words: 'The worker’s Content-Security-Policy forbids this host: the browser loads it without the worker.' },
  'no-url': {
    words: 'No page has asked for this tile, and no template of the layer says its URL: inspect it by its URL.',
  },
};

const OFFLINE: Record<OfflineToken, Told> = {
  fresh: { rfc: 'RFC 9111 section 4.2', words: 'Offline it is shown: it is fresh.' },
  'version-confirmed': { option: 'freshness', words: 'Offline it is shown: its version is still confirmed.' },
  'stale-while-revalidate': { rfc: 'RFC 5861 section 3', words: 'Offline it is shown, inside its stale window.' },
  'max-stale': { rfc: 'RFC 9111 section 5.2.1.2', words: 'Offline it is shown: the request takes a stale tile.' },
  'other-version': { option: 'versionPolicy', words: 'Offline it is shown, although it is another version’s.' },
  'stale-if-error': {
    rfc: 'RFC 5861 section 4',
    option: 'staleIfError',
    words: 'Offline it is shown: stale-if-error allows it.',
  },
  disconnected: { rfc: 'RFC 9111 section 4.2.4', words: 'Offline it is shown: nobody forbids it.' },
  'offline-always': { option: 'offline', words: 'Offline it is shown, past what the origin says.' },
  region: { words: 'Offline it is shown: a region holds it.' },
  archive: { words: 'Offline it comes out of the layer’s archive, all of which is kept.' },
  'nothing-stored': { words: 'Offline there is a hole (504): nothing usable is stored.' },
  forbidden: {
    rfc: 'RFC 9111 section 5.2.2',
    words: 'Offline there is a hole (504): the origin says no-cache or must-revalidate.',
  },
  'too-old': {
    rfc: 'RFC 5861 section 4',
    option: 'staleIfError',
    words: 'Offline there is a hole (504): the tile is older than stale-if-error allows.',
  },
  'vary-unseen': {
    rfc: 'RFC 9111 section 4.1',
    option: 'ignoreVary',
    words: 'Offline there is a hole (504): the tile varies on what a worker cannot see.',
  },
  bypass: { words: 'Offline there is a hole: the request goes past the store.' },
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
