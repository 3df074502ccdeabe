import type { CacheStatusEntry } from '../../src/shared/cache-status';
import type { TileStatus, TileUse } from '../../src/shared/protocol';
import type { TileAddress } from '../../src/shared/tile-matcher';
import { currentAge, freshnessLifetime, isAgeKnown } from '../http/freshness';
import type { Pages } from '../pages/pages';
import { answersNotModified, notModifiedHeaders } from '../http/preconditions';
import type { RequestPolicy } from '../http/request-directives';
import { gatewayTimeout, respond, servedHeaders } from './response';
import type { Tile } from '../store/tile-store';

/** Builds the answers to one request, and tells its page of them. */
export interface Answering {
  /** The answer, reported. The body of a stored response is used up here. */
  serve(
    tile: Tile,
    body: BodyInit | null,
    label: string,
    status: TileStatus,
    entry: CacheStatusEntry,
    policy?: RequestPolicy,
  ): Response;
  /** There is nothing to answer with: 504. */
  fail(entry: CacheStatusEntry): Response;
  /** A validation was made behind the answer; milliseconds. */
  validated(status: TileStatus, duration: number, failed: boolean): void;
}

interface AnsweringTools {
  pages: Pages;
  now: () => number;
  request: Request;
  address: TileAddress;
  clientId: string | undefined;
  later: (work: Promise<unknown> | undefined) => void;
}

/** What an answer may say besides, without the origin having failed. */
const NO_FAILURE: ReadonlySet<string> = new Set(['aborted', 'dropped', 'storage', 'patience', 'versionmismatch']);

const mismatchOf = ({ detail }: CacheStatusEntry) =>
  detail === 'versionmismatch' ? { versionMismatch: true as const } : {};

export function createAnswering({ pages, now, request, address, clientId, later }: AnsweringTools): Answering {
  const startedAt = now();
  const { layer, tile: id } = address;
  const image = request.destination === 'image';
  const of = { layer: layer.name, ...(id && { tile: id }) };

  const report = (
    status: TileStatus,
    age: number,
    version: string,
    code: number,
    more?: Pick<TileUse, 'validation' | 'originFailed' | 'versionMismatch' | 'ageUnknown' | 'ttl'>,
  ) =>
    later(
      pages.used(clientId, {
        ...of,
        status,
        age,
        ...(version && { version }),
        duration: now() - startedAt,
        code,
        ...more,
      }),
    );

  const freshFor = (tile: Tile, at: number) =>
    Math.floor(freshnessLifetime(tile, layer).lifetime - currentAge(tile, at));

  return {
    serve(tile, body, label, status, entry, policy) {
      const at = now();
      const served = {
        cacheStatus: entry,
        version: label,
        versionHeader: layer.versionHeader,
        word: status,
        duration: at - startedAt,
        now: at,
        image,
      };
      const asked = 'fwd' in entry ? entry : undefined;
      const waited = asked?.fwd === 'stale' || status === 'revalidated';
      report(status, Math.floor(currentAge(tile, at)), label, tile.status, {
        // Of those who waited for one request, the one who made it tells.
        ...(waited && !asked?.detail && !asked?.collapsed && { validation: at - startedAt }),
        ...(asked?.detail && !NO_FAILURE.has(asked.detail) && { originFailed: true }),
        ...mismatchOf(entry),
        ttl: 'hit' in entry && entry.ttl !== undefined ? entry.ttl : status === 'stale' ? 0 : freshFor(tile, at),
        ...(!isAgeKnown(tile, at) && { ageUnknown: true }),
      });
      if (policy && answersNotModified(policy, tile)) {
        return new Response(null, {
          status: 304,
          headers: notModifiedHeaders(new Headers(servedHeaders(tile, served))),
        });
      }
      return respond(tile, body, served);
    },
    fail(entry) {
      // Nobody waits for what was given up: it is no error that anybody saw.
      if (entry.detail !== 'aborted' && entry.detail !== 'dropped') report('error', 0, '', 0, mismatchOf(entry));
      return gatewayTimeout(entry, now() - startedAt);
    },
    validated: (status, duration, failed) => later(pages.validated(clientId, { ...of, status, duration, failed })),
  };
}
