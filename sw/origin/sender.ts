import type { TileAddress } from '../../src/shared/tile-matcher';
import type { ForeignImages } from './foreign-images';
import { originRequest, type Sending } from './origin-request';
import { createRedirecting } from './redirecting';
import type { TileOrigin } from './tile-origin';

/** What is sent. */
export interface Sent {
  request: Request;
  address: TileAddress;
  /** Validators, set by hand: the browser hides its own 304s. Only sent where they cause no preflight. */
  conditional: Record<string, string> | undefined;
}

export type Sender = (sent: Sent, sending: Sending) => Promise<Response>;

const MAX_LAYERS = 1000;

/** Sends requests in the way that brings the most back, and never preflights where the page's own request would not. */
export function createSender(send: TileOrigin, foreignImages: ForeignImages, origin: string): Sender {
  const redirecting = createRedirecting();
  /** Layers of the own origin of which an image came from elsewhere, unreadable. */
  const abroad = new Set<string>();

  /** With conditions, unless the origin redirects: they must not be carried to where it leads. */
  const toOwn: Sender = async ({ request, address, conditional }, sending) => {
    const { name } = address.layer;
    if (conditional && !redirecting.has(name, request.url)) {
      const response = await send(originRequest(request, { ...sending, conditional }), address);
      if (response.type !== 'opaqueredirect') return response;
      redirecting.note(name, request.url);
    }
    if (abroad.has(name)) return toForeign({ request, address, conditional: undefined }, sending);
    const response = await send(originRequest(request, sending), address);
    // A redirect has led the image to another host: the next ones are asked for as images of that are.
    if (response.type === 'opaque') {
      if (abroad.size >= MAX_LAYERS) abroad.clear();
      abroad.add(name);
    }
    return response;
  };

  /** Across origins conditions of ours would preflight every tile; there `no-cache` lets the HTTP cache validate. */
  const toForeign: Sender = ({ request, address }, sending) => {
    const asAsked = () => send(originRequest(request, sending), address);
    // One user's images are asked for with the user's cookies.
    if (request.mode !== 'no-cors' || address.layer.partition !== undefined) return asAsked();
    const mode = { mode: 'cors', credentials: 'same-origin' } as const;
    return foreignImages({
      url: request.url,
      readably: () => send(originRequest(request, { ...sending, mode }), address),
      asAsked,
      aborted: () => sending.signal.aborted,
    });
  };

  return (sent, sending) => (sent.request.url.startsWith(`${origin}/`) ? toOwn : toForeign)(sent, sending);
}
