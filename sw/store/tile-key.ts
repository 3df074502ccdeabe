import { RESERVED } from '../../src/shared/address-key';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { credentialsIn } from '../http/credentials';
import type { Digest } from '../util/digest';

/** Where a tile is stored. */
export interface TileKey {
  /** Hash of the layer's partition; its own caches. */
  partition: string;
  /** The key of the first variant of the version in force. */
  key: string;
  /** The same without the credentials: one address, whoever asks. */
  url: string;
  /** The key where the URL's token is not the version in force; '' for a URL without a token. */
  own: string;
}

/** True for a URL that could pass for one of our keys. */
export const isReserved = (url: string) => url.includes(RESERVED);

/** The key of another variant: only found by way of the first one's group. */
export const variantKey = (key: string, variant: string, group: string) => `${key}~${variant}.${group}`;

/** The key itself where every hash is known, else a promise of it. `salt` makes hashes worthless elsewhere. */
export function tileKey(
  digest: Digest,
  salt: string,
  request: Request,
  address: TileAddress,
): TileKey | Promise<TileKey> {
  const { layer, key } = address;
  const name = typeof layer.partition === 'function' ? (layer.partition(request) ?? '') : (layer.partition ?? '');
  const secrets = layer.shareAcrossCredentials
    ? ''
    : address.secrets + credentialsIn(request.headers, layer.ignoreParams);
  const sign = key.includes('?') ? '&' : '?';
  const made = (partition: string, hidden: string, hash: string, token: string): TileKey => {
    // Not known to be harmless, so neither in plain sight nor left out: it tells images apart.
    const url = `${key}${sign}${RESERVED}=${hidden && `${hidden}.`}`;
    return { partition, url, key: url + hash, own: token && ownKey(url + hash, token) };
  };
  const partition = digest.peek(PARTITION_SALT, name);
  const hidden = digest.peek(salt, address.hidden);
  const hash = digest.peek(salt, secrets);
  const token = digest.peek(TOKEN_SALT, address.token);
  if (partition !== undefined && hidden !== undefined && hash !== undefined && token !== undefined)
    return made(partition, hidden, hash, token);
  const { of } = digest;
  return Promise.all([
    of(PARTITION_SALT, name),
    of(salt, address.hidden),
    of(salt, secrets),
    of(TOKEN_SALT, address.token),
  ]).then((all) => made(...all));
}

/** Hashed: a token may be data, and no key says what a URL says in a place that may hold anything. */
const ownKey = (key: string, token: string) => `${key}~v${token}`;
/** True for `key` itself and for the keys of other tokens and variants beside it. */
export const isBeside = (key: string, other: string) => other === key || other.startsWith(`${key}~`);
const TOKEN_SALT = 'token';

/** Partitions are cleared by name, also after the ledger was lost: their hash does not depend on it. */
export const PARTITION_SALT = 'partition';
