import { RESERVED } from '../../src/shared/address-key';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { refuse } from '../../src/shared/validate';
import { credentialsIn } from '../http/credentials';
import type { Digest } from '../util/digest';

/** The keys under which a tile is stored. */
export interface TileKey {
  /** The hash of the layer's partition, which has its own caches. */
  partition: string;
  /** The key of the first variant of the version in force. */
  key: string;
  /** The same key without the credentials: the address is the same whoever asks. */
  url: string;
  /** The key if the URL's token is not the version in force; '' for a URL without a token. */
  own: string;
}

/** True for a URL that the store could mistake for one of its keys. */
export const isReserved = (url: string) => url.includes(RESERVED);

/** The key of another variant, which the worker finds only through the first variant's group. */
export const variantKey = (key: string, variant: string, group: string) => `${key}~${variant}.${group}`;

/**
 * Returns the key synchronously if every hash is known, else a promise. `salt` makes the hashes useless elsewhere.
 * Throws `INVALID_OPTION` if the layer's `partition` returns anything but a string.
 */
export function tileKey(
  digest: Digest,
  salt: string,
  request: Request,
  address: TileAddress,
): TileKey | Promise<TileKey> {
  const { layer, key } = address;
  const { partition: whose = '' } = layer;
  const given = typeof whose === 'function' ? (whose(request) ?? '') : whose;
  // A promise or an object is one text for all users.
  if (typeof given !== 'string')
    refuse('INVALID_OPTION', `layers.${layer.name}.partition`, 'a string, or a synchronous function that returns one');
  // Tiles stored before the layer had this option may be anybody's: whoever has no name must not find them.
  const name = given || (whose && NOBODY);
  const secrets = layer.shareAcrossCredentials
    ? ''
    : address.secrets + credentialsIn(request.headers, layer.ignoreParams);
  const sign = key.includes('?') ? '&' : '?';
  const made = (...[partition, hidden, hash, token]: Hashes): TileKey => {
    // These parameters may be secret, so the key holds only their hash. It cannot leave them out: they tell images
    // apart.
    const url = `${key}${sign}${RESERVED}=${hidden && `${hidden}.`}`;
    // A layer that shares its tiles no more must not find those that it shared.
    const own = url + (layer.shareAcrossCredentials ? '*' : hash);
    return { partition, url, key: own, own: token && ownKey(own, token) };
  };
  const texts = [
    [PARTITION_SALT, name],
    [salt, address.hidden],
    [salt, secrets],
    [TOKEN_SALT, address.token],
  ] as const;
  const known = texts.map(([salt, text]) => digest.peek(salt, text));
  return known.includes(undefined)
    ? Promise.all(texts.map(([salt, text]) => digest.of(salt, text))).then((all) => made(...(all as Hashes)))
    : made(...(known as Hashes));
}

type Hashes = [partition: string, hidden: string, hash: string, token: string];

/** `token` is a hash: a URL's token may be arbitrary data, which no key may reveal. */
export const ownKey = (key: string, token: string) => `${key}~v${token}`;
export const isOwnKey = (key: string) => key.includes('~v');
/** True for `key` itself and for the keys of other tokens and variants beside it. */
export const isBeside = (key: string, other: string) => other === key || other.startsWith(`${key}~`);
const TOKEN_SALT = 'token';

/** The partition of requests for which the layer's `partition` returns no name. */
const NOBODY = '\n';

/** A page can clear a partition by name even after the ledger was lost, so its hash does not depend on the ledger. */
export const PARTITION_SALT = 'partition';
