import type { TileAddress } from '../../src/shared/tile-matcher';
import type { RequestPolicy } from '../http/request-directives';
import type { LedgerState } from '../ledger/state';
import type { Subject } from '../ledger/subject';
import { tileKey, type TileKey } from '../store/tile-key';
import type { Digest } from '../util/digest';

/** A parsed request. Made once and passed to every step that reads, fetches and stores. */
export interface Wanted {
  readonly request: Request;
  readonly address: TileAddress;
  /** The request's own cache directives. */
  readonly policy: RequestPolicy;
  /** The key of the first variant of the version in force. */
  readonly key: string;
  /** The properties that the ledger judges by. */
  readonly subject: Subject;
  /** The ledger's epoch when the request arrived. */
  readonly since: number;
}

/** Returns the wanted tile synchronously if every hash is known, otherwise a promise. */
export function want(
  digest: Digest,
  state: LedgerState,
  request: Request,
  address: TileAddress,
  policy: RequestPolicy,
): Wanted | Promise<Wanted> {
  const made = ({ key, own, url, partition }: TileKey): Wanted => ({
    request,
    address,
    policy,
    key,
    subject: { layer: address.layer, tile: address.place, url, partition, asked: address.token, own },
    since: state.epoch,
  });
  const key = tileKey(digest, state.id, request, address);
  return key instanceof Promise ? key.then(made) : made(key);
}
