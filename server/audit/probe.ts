import { failed } from '../util/failed';
import { noAnswer } from '../util/no-answer';
import { readUpTo } from '../http/read-up-to';

/** The task of an audit. */
export interface AuditTask {
  /** The tile's URL, or a template with `{z}`, `{x}`, `{y}`. */
  url: string;
  /** The tile to request if `url` is a template. @default 0/0/0 */
  tile?: { z: number; x: number; y: number };
  /** The origin of the page that shows the tiles, if it differs from the tiles' origin. */
  page?: string | undefined;
  /** Whether cache tags must be present, because the URL is the origin's and not an edge's. @default false */
  tags?: boolean;
  /** Headers to send with each request. @default none */
  headers?: Record<string, string>;
  /** Seconds that one request may take. @default 10 */
  timeout?: number;
}

/** A task with every default filled in. */
export type FullTask = Required<Omit<AuditTask, 'page'>> & Pick<AuditTask, 'page'>;

/** One response, decoded. */
export interface Seen {
  status: number;
  headers: Headers;
  body: Uint8Array;
  /** Whether the body was longer than the part that was read. */
  cut: boolean;
  redirected: boolean;
  /** The body cannot be decoded with the coding that its header declares. */
  broken?: true;
}

/** The evidence of an audit. Each request is made once, one after another. */
export interface Evidence {
  task: FullTask;
  url: URL;
  /** Epoch milliseconds before and after the first request. */
  askedAt: number;
  answeredAt: number;
  first: Seen;
  second: Seen;
  /** The response to a request without any content coding. */
  identity: Seen;
  /** The response to a conditional request with the validators of `first`; absent if it has none. */
  conditional?: Seen;
  /** The response to a conditional request with a made-up tag; absent if there is no tag to compare it with. */
  stranger?: Seen;
  /** The response for a tile that cannot exist; requested from another origin if `page` is set. */
  missing?: Seen;
  /** The responses to two queries that nobody has requested before. */
  queried: [Seen, Seen];
  /** The response to a request as a page of another origin makes it. */
  foreign?: Seen;
}

/** Bytes of a body that are read. */
const MOST = 5_000_000;
const CODED = 'gzip, deflate';

/** Requests the tile in the ways in which caches and browsers do. Rejects with `NETWORK_FAILED` if nothing answers. */
export async function probe(task: FullTask, fetch: typeof globalThis.fetch, now: () => number): Promise<Evidence> {
  const url = new URL(fill(task.url, task.tile));
  const ask = async (target: URL, headers: Record<string, string> = {}): Promise<Seen> => {
    const plain = { accept: '*/*', 'accept-encoding': CODED };
    // Send the given headers only to the origin that they were given for.
    const headersFor = ({ origin }: URL) => ({ ...plain, ...(origin === target.origin && task.headers), ...headers });
    const signal = AbortSignal.timeout(task.timeout * 1000);
    try {
      const { response, redirected } = await follow(target, headersFor, (next, init) =>
        fetch(next, { ...init, signal }),
      );
      const { status, headers: got } = response;
      return { status, headers: got, redirected, ...(await readUpTo(response, MOST).catch(undecodable)) };
    } catch (cause) {
      throw failed('the tile did not arrive', 'Check the URL and the network.', cause);
    }
  };
  const askedAt = now();
  const first = await ask(url);
  const answeredAt = now();
  const second = await ask(url);
  const identity = await ask(url, { 'accept-encoding': 'identity' });
  const condition = conditionOf(first);
  const conditional = condition && (await ask(url, condition));
  const none = missingOf(task, url);
  // A page on the tiles' own origin needs no CORS.
  const cross = task.page !== undefined && task.page !== url.origin ? { origin: task.page } : undefined;
  const stranger = first.headers.has('etag')
    ? await ask(url, { 'if-none-match': `"${crypto.randomUUID()}"` })
    : undefined;
  const missing = none && (await ask(none, cross));
  const queried = [await ask(withQuery(url)), await ask(withQuery(url))] as [Seen, Seen];
  const foreign = cross && (await ask(url, cross));
  return {
    ...{ task, url, askedAt, answeredAt, first, second, identity, queried },
    ...(conditional && { conditional }),
    ...(stranger && { stranger }),
    ...(missing && { missing }),
    ...(foreign && { foreign }),
  };
}

/** Recognizes the errors of zlib for bytes that are not valid gzip, deflate or brotli. */
function undecodable(error: unknown): Pick<Seen, 'body' | 'cut' | 'broken'> {
  if (!/^(Z_|ERR__ERROR_)/.test(noAnswer(error).code ?? '')) throw error;
  return { body: new Uint8Array(), cut: false, broken: true };
}

/** Redirects that are followed. */
const MOST_REDIRECTS = 5;

async function follow(
  first: URL,
  headersFor: (url: URL) => Record<string, string>,
  ask: (url: string, init: RequestInit) => Promise<Response>,
): Promise<{ response: Response; redirected: boolean }> {
  let url = first;
  for (let hop = 0; ; hop++) {
    const response = await ask(url.href, { redirect: 'manual', headers: headersFor(url) });
    const location = response.headers.get('location');
    const leads = response.status >= 300 && response.status < 400 && response.status !== 304 && location !== null;
    const next = leads && URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    if (!next || !/^https?:$/.test(next.protocol) || hop === MOST_REDIRECTS) return { response, redirected: hop > 0 };
    await response.body?.cancel();
    url = next;
  }
}

function conditionOf({ headers }: Seen): Record<string, string> | undefined {
  const etag = headers.get('etag');
  if (etag !== null) return { 'if-none-match': etag };
  const modified = headers.get('last-modified');
  return modified === null ? undefined : { 'if-modified-since': modified };
}

export const fill = (template: string, { z, x, y }: FullTask['tile']): string =>
  template
    .replaceAll('{z}', String(z))
    .replaceAll('{x}', String(x))
    .replaceAll('{y}', String(y))
    .replaceAll('{-y}', String(2 ** z - 1 - y))
    .replaceAll('{s}', 'a')
    .replaceAll('{r}', '');

/** Returns the URL of a tile outside of the world, which no data set has. */
function missingOf({ url: template, tile }: FullTask, url: URL): URL | undefined {
  if (template.includes('{x}')) return new URL(fill(template, { ...tile, x: 2 ** tile.z + 7 }));
  const moved = url.pathname.replace(
    /\/(\d+)\/(\d+)\/(\d+)(?=[@.]|$)/,
    (_, z: string, _x: string, y: string) => `/${z}/${2 ** Number(z) + 7}/${y}`,
  );
  return moved === url.pathname ? undefined : new URL(moved + url.search, url);
}

function withQuery(url: URL): URL {
  const other = new URL(url);
  other.searchParams.set('v', `audit-${crypto.randomUUID()}`);
  return other;
}
