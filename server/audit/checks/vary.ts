import type { Check } from '../finding';
import type { Seen } from '../probe';

const fields = (headers: Headers) =>
  (headers.get('vary') ?? '')
    .split(',')
    .map((field) => field.trim().toLowerCase())
    .filter(Boolean);

export const varyStar: Check = ({ first: { headers } }) =>
  fields(headers).includes('*')
    ? {
        code: 'vary-star',
        level: 'error',
        seen: 'Vary: *',
        happens: 'No cache may reuse the tile: edge, browser and worker request it each time.',
        cure: 'Name the fields that the tile depends on, such as Accept-Encoding, or omit Vary.',
      }
    : undefined;

/** Header fields that the browser adds after the worker. */
const UNSEEN = /^(cookie|priority|dpr|width|viewport-.*|rtt|ect|downlink|sec-(?!ch-ua|fetch-|gpc|purpose).*)$/;
/** Header fields with as many values as there are users, browsers or proxies. */
const MANY =
  /^(user-agent|referer|authorization|save-data|accept-language|sec-.*|x-requested-with|x-forwarded-for|x-real-ip)$/;

export const varyWide: Check = ({ first: { headers } }) => {
  const wide = fields(headers).filter((field) => MANY.test(field) || UNSEEN.test(field));
  const unseen = wide.filter((field) => UNSEEN.test(field));
  return wide.length > 0
    ? {
        code: 'vary-wide',
        level: 'error',
        seen: `Vary: ${headers.get('vary')}`,
        happens: `The edge keeps a copy for each value of ${wide.join(', ')}: hits are rare.${unseen.length > 0 ? ` A worker cannot see ${unseen.join(', ')}: it validates the tile before each use, and does not have it offline.` : ''}`,
        cure: 'Leave these fields out of Vary (a framework adds them), or strip them at the edge; ignoreVary in the worker’s layer.',
      }
    : undefined;
};

const codingOf = ({ headers }: Seen) => (headers.get('content-encoding') ?? 'none').trim().toLowerCase();

export const varyMissing: Check = ({ first, identity }) =>
  first.status === 200 &&
  identity.status === 200 &&
  codingOf(first) !== codingOf(identity) &&
  ![first, identity].every(({ headers }) => fields(headers).some((field) => /^(accept-encoding|\*)$/.test(field)))
    ? {
        code: 'vary-missing',
        level: 'error',
        seen: `Content-Encoding: ${codingOf(first)}, or ${codingOf(identity)} on request, and Vary: ${first.headers.get('vary') ?? '(none)'}`,
        happens:
          'A shared cache sends the compressed tile to clients that cannot decompress it, or the large one to all clients.',
        cure: 'Send Vary: Accept-Encoding with every answer (nginx: gzip_vary on).',
      }
    : undefined;

export const codingToggles: Check = ({ first, second }) =>
  first.status === 200 && second.status === 200 && codingOf(first) !== codingOf(second)
    ? {
        code: 'coding-toggles',
        level: 'error',
        seen: `Content-Encoding: ${codingOf(first)}, then ${codingOf(second)}, for the same request`,
        happens:
          'Servers behind one address compress differently: tags and lengths change with the server, and validations fail.',
        cure: 'Give all servers behind the balancer the same settings for compression.',
      }
    : undefined;

export const unaskedCoding: Check = ({ first }) => {
  const coding = codingOf(first);
  return first.status === 200 && !/^(none|identity|(x-)?gzip|deflate)$/.test(coding)
    ? {
        code: 'coding-unasked',
        level: 'error',
        seen: `Content-Encoding: ${coding}, though gzip and deflate alone were accepted`,
        happens:
          'A client that cannot decompress it shows no tile: browsers accept br and zstd only over https, and some accept neither.',
        cure: 'Choose the coding by Accept-Encoding; store tiles with gzip if the server sends them as stored.',
      }
    : undefined;
};

export const setsCookie: Check = ({ first: { headers } }) =>
  headers.has('set-cookie')
    ? {
        code: 'set-cookie',
        level: 'error',
        seen: 'Set-Cookie on a tile',
        happens: 'nginx, Varnish and most CDNs do not store the tile; one that does sends the cookie to every client.',
        cure: 'Serve tiles without a session, or strip Set-Cookie before the edge.',
      }
    : undefined;
