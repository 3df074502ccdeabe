import { answerRange } from '../http/ranges';
import type { RequestPolicy } from '../http/request-directives';
import type { Place } from '../lookup/places';
import type { StoredBytes } from '../store/stored-bytes';
import type { Tile } from '../store/tile-store';

/** Answers a Range from a whole tile (RFC 9110 section 14). Rejects if the tile's body cannot be read. */
export async function serveRange(
  { bytesOf }: { bytesOf: StoredBytes },
  { range, ifRange }: RequestPolicy,
  place: Place,
  tile: Tile,
  serve: (tile: Tile, body: BodyInit | null) => Response,
): Promise<Response> {
  const bytes = await bytesOf(place, tile);
  if (!bytes) throw new Error('the stored body cannot be read');
  const answer = answerRange(range, ifRange, tile, bytes.byteLength);
  if (answer.kind === 'ignore') return serve(tile, bytes);
  const { status, headers } = answer;
  const body = answer.kind === 'partial' ? bytes.slice(answer.start, answer.end + 1) : null;
  return serve({ ...tile, status, headers }, body);
}
