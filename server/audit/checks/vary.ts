import type { Check } from '../finding';

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
        happens: 'No cache may use the tile again: edge, browser and worker ask each time.',
        cure: 'Name what the tile depends on, Accept-Encoding for one, or leave Vary away.',
      }
    : undefined;

const MANY = ['cookie', 'user-agent', 'referer', 'authorization', 'save-data', 'sec-fetch-dest', 'sec-fetch-site'];

export const varyWide: Check = ({ first: { headers } }) => {
  const wide = fields(headers).filter((field) => MANY.includes(field));
  return wide.length > 0
    ? {
        code: 'vary-wide',
        level: 'error',
        seen: `Vary: ${headers.get('vary')}`,
        happens: `The edge keeps a copy for each value, and a worker cannot see ${wide.join(', ')}: it validates each use, and offline the tile is not there.`,
        cure: 'Leave these fields out of Vary (a framework adds them), or strip them at the edge; ignoreVary in the worker’s layer.',
      }
    : undefined;
};

export const setsCookie: Check = ({ first: { headers } }) =>
  headers.has('set-cookie')
    ? {
        code: 'set-cookie',
        level: 'error',
        seen: 'Set-Cookie on a tile',
        happens: 'nginx, Varnish and most CDNs do not store the tile; one that does hands the cookie to everybody.',
        cure: 'Serve tiles without a session, or strip Set-Cookie before the edge.',
      }
    : undefined;
