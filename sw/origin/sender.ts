import { hostOf } from '../../src/shared/host-of';
import type { TileAddress } from '../../src/shared/tile-matcher';
import type { ForeignImages } from './foreign-images';
import { originRequest, type Sending } from './origin-request';
import { createRedirecting } from './redirecting';
import type { TileOrigin } from './tile-origin';

/** The request to send. */
export interface Sent {
  request: Request;
  address: TileAddress;
  /** Validators, set by hand because the browser hides its own 304s. Sent only where they cause no preflight. */
  conditional: Record<string, string> | undefined;
  /** A readable answer is stored. */
  known: boolean;
}

export type Sender = (sent: Sent, sending: Sending) => Promise<Response>;

/** Names of layers or hosts that are remembered at a time. */
const MAX_NAMES = 1000;
/** Vain second requests in a row after which a host gets no more of them. */
const SEVERAL = 3;

/**
 * Sends each request in the mode that yields the most readable answer, and never causes a preflight that the page's own
 * request would not.
 */
export function createSender(send: TileOrigin, foreignImages: ForeignImages, origin: string): Sender {
  const redirecting = createRedirecting();
  /** Layers of our own origin that redirected an image to another host, which sent it unreadable. */
  const abroad = new Set<string>();
  /** Second requests in a row that brought nothing either, by host. */
  const vain = new Map<string, number>();

  /** Sends conditions, unless the origin redirects: the browser must not carry them to the redirect's target. */
  const toOwn: Sender = async (sent, sending) => {
    const { request, address, conditional } = sent;
    const { name } = address.layer;
    if (conditional && !redirecting.has(name, request.url)) {
      const response = await send(originRequest(request, { ...sending, conditional }), address);
      if (response.type !== 'opaqueredirect') return response;
      redirecting.note(name, request.url);
    }
    if (abroad.has(name)) return toForeign(sent, sending);
    const response = await send(originRequest(request, sending), address);
    // A redirect has led the image to another host: request the next images as images of that host.
    if (response.type === 'opaque') {
      if (abroad.size >= MAX_NAMES) abroad.clear();
      abroad.add(name);
    }
    return response;
  };

  /**
   * Requests with CORS, and if that fails, once more past the HTTP cache: Chromium's gives the request an answer to an
   * image without `crossorigin`, which lacks CORS headers where the server sends them only if there is an Origin (S3).
   */
  const withCors = async ({ request, address }: Sent, sending: Sending): Promise<Response> => {
    const host = hostOf(request.url);
    try {
      return await send(originRequest(request, sending), address);
    } catch (error) {
      const tries = vain.get(host) ?? 0;
      if (sending.cache !== 'default' || sending.signal.aborted || tries >= SEVERAL) throw error;
      const again = send(originRequest(request, { ...sending, cache: 'no-cache' }), address);
      again.then(
        () => vain.delete(host),
        () => {
          if (vain.size >= MAX_NAMES) vain.clear();
          vain.set(host, tries + 1);
        },
      );
      return again;
    }
  };

  /**
   * Across origins, conditions of ours would cause a preflight for every tile; there, `no-cache` lets the HTTP cache
   * validate.
   */
  const toForeign: Sender = (sent, sending) => {
    const { request, address, known } = sent;
    if (request.mode !== 'no-cors') return withCors(sent, sending);
    const asAsked = () => send(originRequest(request, sending), address);
    // The images of one user need that user's cookies.
    if (address.layer.partition !== undefined) return asAsked();
    const mode = { mode: 'cors', credentials: 'same-origin' } as const;
    return foreignImages({
      url: request.url,
      known,
      readably: (past) =>
        withCors(sent, { ...sending, mode, cache: past && sending.cache === 'default' ? 'no-cache' : sending.cache }),
      asAsked,
      aborted: () => sending.signal.aborted,
    });
  };

  return (sent, sending) => (sent.request.url.startsWith(`${origin}/`) ? toOwn : toForeign)(sent, sending);
}
