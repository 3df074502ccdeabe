/** How a tile would be asked for. */
export interface TileRequest {
  url: string;
  init: RequestInit;
}

/** What became of one request: `bytes` that came over the network, or `failed`. */
export type Fetched = { bytes: number } | 'failed';

/** Bytes that an answer whose body is hidden from the page is taken for. */
const HIDDEN = 15_000;

/** Fetches a tile for the worker to keep. The page has no use for it. */
export async function fetchAhead(
  { url, init }: TileRequest,
  signal: AbortSignal,
  send: typeof fetch = (...asked) => fetch(...asked),
): Promise<Fetched> {
  try {
    const response = await send(url, { ...init, signal, priority: 'low' } as RequestInit);
    const { byteLength } = await response.arrayBuffer();
    if (response.type !== 'opaque' && response.status >= 500) return 'failed';
    const stored = /;\s*hit(;|$)/.test(response.headers.get('cache-status') ?? '');
    return { bytes: stored ? 0 : response.type === 'opaque' ? HIDDEN : byteLength };
  } catch {
    return 'failed';
  }
}
