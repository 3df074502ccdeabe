import type { Check } from '../finding';

const allowed = (headers: Headers) => headers.get('access-control-allow-origin');

export const noCors: Check = ({ task, foreign }) => {
  if (!foreign || !task.page) return undefined;
  const value = allowed(foreign.headers);
  return value === '*' || value === task.page
    ? undefined
    : {
        code: 'no-cors',
        level: 'error',
        seen: `Access-Control-Allow-Origin: ${value ?? '(none)'}, for ${task.page}`,
        happens:
          'The page cannot read vector tiles at all; images are opaque: the worker stores none, because each costs megabytes of quota.',
        cure: 'Send Access-Control-Allow-Origin with the page’s origin or *; in createTileOrigin, set cors.',
      };
};

export const hides: Check = ({ task, foreign, first }) => {
  if (!foreign || ![task.page, '*'].includes(allowed(foreign.headers) ?? '')) return undefined;
  const exposed = (foreign.headers.get('access-control-expose-headers') ?? '').toLowerCase();
  const wanted = ['ETag', 'X-Tile-Version', 'Age', 'Date'].filter((name) => first.headers.has(name));
  const hidden = exposed === '*' ? [] : wanted.filter((name) => !exposed.split(/[\s,]+/).includes(name.toLowerCase()));
  return hidden.some((name) => name !== 'Date' && name !== 'Age') || (hidden.includes('Age') && hidden.length > 1)
    ? {
        code: 'cors-hides',
        level: 'warning',
        seen: `not exposed: ${hidden.join(', ')}`,
        happens: 'The worker cannot read them: it does not know a tile’s age or version, and validates more often.',
        cure: `Access-Control-Expose-Headers: ${wanted.join(', ')}`,
      }
    : undefined;
};

export const corsVary: Check = ({ task, foreign, first }) => {
  if (!foreign || allowed(foreign.headers) !== task.page || !task.page) return undefined;
  const varies = [foreign, first].every(({ headers }) =>
    /(^|[\s,])(origin|\*)([\s,]|$)/i.test(headers.get('vary') ?? ''),
  );
  return varies
    ? undefined
    : {
        code: 'cors-vary',
        level: 'error',
        seen: `Access-Control-Allow-Origin: ${task.page}, without Vary: Origin on each answer`,
        happens: 'A cache sends the response for one page to another, which may not read it.',
        cure: 'Send Vary: Origin with every response, even if the request has no Origin; or allow *.',
      };
};

/** Reports mixed content. Loopback addresses are secure (Secure Contexts, section 3.1). */
export const mixedContent: Check = ({ task, url }) =>
  task.page?.startsWith('https:') &&
  url.protocol === 'http:' &&
  !/^(localhost|.*\.localhost|127\..*|\[::1\])$/.test(url.hostname)
    ? {
        code: 'mixed-content',
        level: 'error',
        seen: `an http URL, for a page on ${task.page}`,
        happens: 'Browsers block http requests of an https page: no tile arrives.',
        cure: 'Serve the tiles with https.',
      }
    : undefined;

/** Reports a missing header for image elements without `crossorigin`, as Leaflet creates them. */
export const resourcePolicy: Check = ({ task, foreign }) => {
  const policy = foreign?.headers.get('cross-origin-resource-policy')?.trim().toLowerCase();
  return task.page && (policy === 'same-origin' || policy === 'same-site')
    ? {
        code: 'corp-blocks',
        level: policy === 'same-origin' ? 'error' : 'warning',
        seen: `Cross-Origin-Resource-Policy: ${policy}, for a page on ${task.page}`,
        happens: `Browsers refuse the tile to image elements ${policy === 'same-origin' ? 'of other origins' : 'of other sites'}, CORS or not (helmet sends this by default).`,
        cure: 'Send Cross-Origin-Resource-Policy: cross-origin with tiles.',
      }
    : undefined;
};

export const credentials: Check = ({ task, foreign }) =>
  task.page && foreign && allowed(foreign.headers) === '*' && foreign.headers.get('access-control-allow-credentials')
    ? {
        code: 'cors-credentials',
        level: 'warning',
        seen: 'Access-Control-Allow-Origin: * with Access-Control-Allow-Credentials',
        happens: 'Browsers refuse * to requests with credentials: a page that sends cookies sees no tile.',
        cure: 'Remove Allow-Credentials, or answer with the page’s origin and Vary: Origin.',
      }
    : undefined;

/**
 * Reports errors without CORS headers: frameworks and nginx (`add_header` without `always`) add them only to successes.
 */
export const hidesErrors: Check = ({ task, foreign, missing }) => {
  if (!task.page || !foreign || !missing || ![task.page, '*'].includes(allowed(foreign.headers) ?? ''))
    return undefined;
  return missing.status >= 400 && ![task.page, '*'].includes(allowed(missing.headers) ?? '')
    ? {
        code: 'cors-errors',
        level: 'warning',
        seen: `${missing.status} without Access-Control-Allow-Origin`,
        happens: 'Page and worker see a network error instead of a missing tile: each gap counts as an outage.',
        cure: 'Send the CORS headers with errors, too (nginx: add_header … always).',
      }
    : undefined;
};
