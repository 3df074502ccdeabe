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

const MAX_LAYERS = 1000;

/**
 * Sends each request in the mode that yields the most readable answer, and never causes a preflight that the page's own
 * request would not.
 */
export function createSender(send: TileOrigin, foreignImages: ForeignImages, origin: string): Sender {
  const redirecting = createRedirecting();
  /** Layers of our own origin that redirected an image to another host, which sent it unreadable. */
  const abroad = new Set<string>();

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
      if (abroad.size >= MAX_LAYERS) abroad.clear();
      abroad.add(name);
    }
    return response;
  };

  /**
   * Across origins, conditions of ours would cause a preflight for every tile; there, `no-cache` lets the HTTP cache
   * validate.
   */
  const toForeign: Sender = ({ request, address, known }, sending) => {
    const asAsked = () => send(originRequest(request, sending), address);
    // The images of one user need that user's cookies.
    if (request.mode !== 'no-cors' || address.layer.partition !== undefined) return asAsked();
    const mode = { mode: 'cors', credentials: 'same-origin' } as const;
    return foreignImages({
      url: request.url,
      known,
      readably: () => send(originRequest(request, { ...sending, mode }), address),
      asAsked,
      aborted: () => sending.signal.aborted,
    });
  };

  return (sent, sending) => (sent.request.url.startsWith(`${origin}/`) ? toOwn : toForeign)(sent, sending);
}
