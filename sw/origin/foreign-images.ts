import { hostOf } from '../../src/shared/host-of';
import type { CorsHosts } from './cors-hosts';

/** An image of another origin, with two ways to request it. */
export interface ForeignImage {
  url: string;
  /** A readable answer is stored: one without CORS headers is probably an error. */
  known: boolean;
  /**
   * Requests the image with CORS and without cookies, so that the worker can read, judge and store the answer. `past`:
   * the HTTP cache's own answer would prove nothing of the host.
   */
  readably(past: boolean): Promise<Response>;
  /** Requests the image as the page did. */
  asAsked(): Promise<Response>;
  /** True when nobody waits for the image any more. */
  aborted(): boolean;
}

/**
 * An image element's cross-origin request brings a response that a worker cannot read, and that takes megabytes of
 * quota. So the worker tries CORS first. It requests an image that does not come that way as the page did, and
 * remembers this, so that in the long run it requests nothing twice.
 */
export type ForeignImages = (image: ForeignImage) => Promise<Response>;

/**
 * The largest number of images to remember that did not come with CORS although others of their host do: error
 * documents, mostly.
 */
const MAX_PLAIN = 1000;
/** Milliseconds for which the worker asks for such an image only as the page did: its host may have failed meanwhile. */
const PLAIN_MS = 600_000;
/** Milliseconds for which the worker asks a host that answers in neither way only once per image. */
const PAUSE_MS = 30_000;
/** Milliseconds that images wait for the first one of their host. */
const TRIAL_MS = 1000;

interface Tools {
  hosts: CorsHosts;
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  /** False when the browser knows that it is offline. */
  onLine: () => boolean | undefined;
}

export function createForeignImages({ hosts, now, sleep, onLine }: Tools): ForeignImages {
  const plainAt = new Map<string, number>();
  const pausedAt = new Map<string, number>();
  const trials = new Map<string, Promise<unknown>>();

  const isWithin = (ms: number, at: Map<string, number>, id: string) =>
    Math.abs(now() - (at.get(id) ?? -Infinity)) < ms;
  const note = (at: Map<string, number>, id: string) => {
    if (at.size >= MAX_PLAIN) at.clear();
    at.set(id, now());
  };
  const isPaused = (host: string) => isWithin(PAUSE_MS, pausedAt, host);

  /** A 401 without cookies is no answer for a page that sends them. */
  const isAnswer = ({ status }: Response) => status !== 401 && status !== 403;

  const tryReadably = async (host: string, image: ForeignImage, known: boolean): Promise<Response> => {
    try {
      const response = await image.readably(hosts.of(host) === undefined);
      if (isAnswer(response)) {
        hosts.accepted(host);
        return response;
      }
    } catch (error) {
      if (image.aborted() || onLine() === false || isPaused(host)) throw error;
    }
    const response = await image.asAsked().catch((error: unknown) => {
      if (!image.aborted()) note(pausedAt, host);
      throw error;
    });
    if (!known) note(plainAt, image.url);
    hosts.refused(host, known);
    return response;
  };

  return async (image) => {
    const host = hostOf(image.url);
    await hosts.load();
    if (image.known && !hosts.withdrawn(image.url)) return tryReadably(host, image, true);
    // Do not try all images of a view: the first image of a host shows how to request the others.
    const first = hosts.of(host) === undefined ? trials.get(host) : undefined;
    if (first) await Promise.race([first, sleep(TRIAL_MS)]);
    const known = hosts.of(host);
    if (isWithin(PLAIN_MS, plainAt, image.url) || known === 'opaque' || onLine() === false) return image.asAsked();
    if (known === undefined && (isPaused(host) || trials.has(host))) return image.asAsked();
    const trial = tryReadably(host, image, false);
    if (known === undefined) {
      const ended = trial.catch(() => {}).then(() => trials.delete(host));
      trials.set(host, ended);
    }
    return trial;
  };
}
