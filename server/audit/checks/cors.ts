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
          'The page cannot read vector tiles at all; images are opaque: the worker stores none, as each charges megabytes of quota.',
        cure: 'Say Access-Control-Allow-Origin with the page’s origin, or *; in createTileOrigin: cors.',
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
        happens:
          'The worker cannot read them: it knows neither how old a tile is nor of which version, and validates more.',
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
        happens: 'A cache hands the answer for one page to another, which then may not read it.',
        cure: 'Send Vary: Origin with every answer, also where no Origin was sent; or allow *.',
      };
};
