import { TileCacheError } from '../../src/shared/errors';
import { checkSecret } from '../http/check-secret';
import { layerTag, metadataTag } from '../tiles/cache-tags';
import { callable } from '../util/option-readers';
import { readAddresses } from './instances';
import { asGiven, checkPurgeOptions } from './purge-options';
import { batches, purgeFailed, type PurgeOptions, type Purger, type PurgeRequest } from './purger';
import { type Ask, createSender, mayPass, NotSent, type PurgeCall, textOf, unproven, type Verdict } from './send';
import { type AwsCredentials, signedHeaders } from './sigv4';

export type { AwsCredentials } from './sigv4';

/** Options of `createCloudFrontPurger`. */
export interface CloudFrontOptions extends PurgeOptions {
  /** The distribution's identifier. */
  distribution: string;
  /**
   * Credentials with the permissions `cloudfront:CreateInvalidation` and `cloudfront:GetInvalidation`. If they expire,
   * give a function, which is called before each request.
   */
  credentials: AwsCredentials | (() => AwsCredentials | Promise<AwsCredentials>);
  /**
   * Returns the paths of a layer; `*` at the end of a path matches any suffix.
   * @default '/tiles/{layer}/*' and '/tiles/{layer}.*'
   */
  paths?: (layer: string) => readonly string[];
  /** Seconds to wait until all locations have confirmed. @default 300 */
  patience?: number;
  /** The base URL of the API. @default 'https://cloudfront.amazonaws.com' */
  api?: string;
}

/** Paths that may be in progress at once. */
const BATCH = 3000;
/** Seconds before the first check of an invalidation. */
const FIRST_LOOK = 2;
const LONGEST_LOOK = 10;

/**
 * Creates a purger for a CloudFront distribution. It purges by path and waits until every location has confirmed.
 * Throws `INVALID_OPTION` for an invalid or unknown option, if the distribution or the credentials are missing, or if no
 * header can carry a secret.
 * `purge` rejects with `NETWORK_FAILED` for tags other than the layer's own, because no path tells which tiles have
 * them.
 */
export function createCloudFrontPurger(options: CloudFrontOptions): Purger {
  checkPurgeOptions<CloudFrontOptions>(options, {
    distribution: asGiven,
    credentials: asGiven,
    paths: callable(),
    api: asGiven,
  });
  const { distribution, credentials, paths = usualPaths, patience = 300, now = Date.now } = options;
  if (!distribution || !credentials) throw missing(!distribution ? 'distribution' : 'credentials');
  if (typeof credentials !== 'function') check(credentials);
  const [api] = readAddresses([options.api ?? 'https://cloudfront.amazonaws.com'], 'api');
  const url = `${api}/2020-05-31/distribution/${encodeURIComponent(distribution)}/invalidation`;
  const request = options.fetch ?? fetch;

  return {
    name: 'cloudfront',
    byTag: false,
    async purge(wanted) {
      const secrets: string[] = [];
      const sign: typeof fetch = async (address, init = {}) => {
        const held = typeof credentials === 'function' ? await askFor(credentials) : credentials;
        checkHeld(held);
        secrets.push(held.secretAccessKey, ...(held.sessionToken === undefined ? [] : [held.sessionToken]));
        const { method = 'GET', body } = init as { method?: string; body?: string };
        const task = { method, url: String(address), region: 'us-east-1', service: 'cloudfront', at: now() };
        const type = body === undefined ? {} : { headers: { 'content-type': 'text/xml' }, body };
        return request(address, { ...init, headers: await signedHeaders({ ...task, ...type }, held) });
      };
      const sender = createSender(
        'cloudfront',
        { ...options, patience, fetch: sign },
        { requestsPerSecond: 2, secrets },
      );
      const endsAt = now() + patience * 1000;
      await sender.sendAll(
        batches(pathsOf(wanted, paths), BATCH).map((batch) => invalidation(url, batch, { ...options, now, endsAt })),
      );
      return { ...sender.result, detail: 'confirmed by every location' };
    },
  };
}

/** Calls the function for credentials. Reports only the name of its error, because the message may quote a secret. */
async function askFor(credentials: () => AwsCredentials | Promise<AwsCredentials>): Promise<AwsCredentials> {
  try {
    return await credentials();
  } catch (error) {
    const name = String((error as { name?: unknown } | null)?.name ?? 'Error');
    throw new NotSent(`its credentials could not be loaded: ${/^\w{1,64}$/.test(name) ? name : 'Error'}`, true);
  }
}

const usualPaths = (layer: string) => {
  const name = encodeURIComponent(layer);
  return [`/tiles/${name}/*`, `/tiles/${name}.*`];
};

function pathsOf({ layer, tags, urls }: PurgeRequest, paths: (layer: string) => readonly string[]): readonly string[] {
  if (urls) {
    const each = urls.map((url) => new URL(url, 'https://tiles.invalid'));
    return [...new Set(each.map(({ pathname, search }) => `${pathname}${search}`))];
  }
  const foreign = tags.find((tag) => tag !== layerTag(layer) && tag !== metadataTag(layer));
  if (foreign !== undefined)
    throw purgeFailed('cloudfront', `purges paths, and does not know which of them have the tag ${foreign}`);
  return paths(layer);
}

const xml = (text: string) => text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Creates an invalidation. If the reference is a known one, CloudFront answers with the existing invalidation. */
function invalidation(
  url: string,
  paths: readonly string[],
  limits: Pick<CloudFrontOptions, 'sleep'> & { now: () => number; endsAt: number },
): PurgeCall {
  const items = paths.map((path) => `<Path>${xml(path)}</Path>`).join('');
  const body = `<?xml version="1.0" encoding="UTF-8"?><InvalidationBatch xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Paths><Quantity>${paths.length}</Quantity><Items>${items}</Items></Paths><CallerReference>${crypto.randomUUID()}</CallerReference></InvalidationBatch>`;
  return { url, init: { method: 'POST', body }, judge: (response, ask) => judge(response, url, ask, limits) };
}

/** Judges an answer: the invalidation is done only when its status is `Completed`. */
async function judge(
  response: Response,
  url: string,
  ask: Ask,
  { sleep = pause, now, endsAt }: Parameters<typeof invalidation>[2],
): Promise<Verdict> {
  let seen = await read(response);
  if (!seen.id) return refused(response, seen);
  const own = `${url}/${encodeURIComponent(seen.id)}`;
  for (let wait = FIRST_LOOK; seen.status !== 'Completed'; wait = Math.min(LONGEST_LOOK, wait * 2)) {
    if (now() + wait * 1000 > endsAt)
      return { done: false, again: false, why: `invalidation ${seen.id} is still ${seen.status ?? 'unknown'}` };
    await sleep(wait);
    const answer = await ask(own, {});
    const next = await read(answer);
    // A failed status request says nothing about the invalidation.
    if (next.id === seen.id) seen = next;
    else if (!mayPass(answer.status) && !answer.ok && next.code !== 'Throttling') return refused(answer, next);
  }
  return { done: true };
}

interface Said {
  id?: string | undefined;
  status?: string | undefined;
  code?: string | undefined;
  message?: string | undefined;
}

async function read(response: Response): Promise<Said> {
  const text = await textOf(response);
  const field = (name: string) => new RegExp(`<${name}>([^<]{1,300})</${name}>`).exec(text)?.[1];
  if (response.ok && /<Invalidation[\s>]/.test(text)) return { id: field('Id'), status: field('Status') };
  return { code: field('Code'), message: field('Message') };
}

/** Error codes of temporary failures, although their status is 400. */
const PASSING = ['Throttling', 'ThrottlingException', 'TooManyInvalidationsInProgress', 'ServiceUnavailable'];

function refused(response: Response, { code, message }: Said): Verdict {
  if (code === undefined) return unproven(response, response.ok ? 'with an unreadable body' : undefined);
  const again = PASSING.includes(code) || mayPass(response.status);
  return { done: false, again, why: `answered ${response.status}: ${code} ${message ?? ''}`.trim() };
}

/** Checks credentials that a function returned, which cannot be checked when the purger is created. */
function checkHeld(held: AwsCredentials): void {
  try {
    check(held ?? {});
  } catch (error) {
    throw new NotSent(`its credentials cannot be used: ${(error as TileCacheError).message.replace(/\.$/, '')}`, false);
  }
}

function check({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): void {
  if (!accessKeyId || !secretAccessKey) throw missing('credentials');
  checkSecret(accessKeyId, 'credentials.accessKeyId');
  checkSecret(secretAccessKey, 'credentials.secretAccessKey');
  checkSecret(sessionToken, 'credentials.sessionToken');
}

function missing(field: string): TileCacheError {
  return new TileCacheError({
    code: 'INVALID_OPTION',
    field,
    message: `cloudfront needs ${field}.`,
    remedy: `Give ${field}.`,
  });
}

function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}
