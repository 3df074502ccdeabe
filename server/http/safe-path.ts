import { problem } from './http';

/**
 * True for a path that leads out of its place: with a `.` or `..` between slashes, plain or percent-encoded, also behind an
 * encoded slash or a backslash. What stands before the origin has read such a path in another way than the origin would.
 */
export function leadsAway(pathname: string): boolean {
  const plain = pathname.replace(/%2e/gi, '.').replace(/%2f/gi, '/').replace(/%5c/gi, '/').replace(/\\/g, '/');
  return plain.split('/').some((segment) => segment === '.' || segment === '..') || /%00/.test(plain);
}

/** 400, for such a path. */
export function badPath(): Response {
  return problem(400, {
    code: 'INVALID_MESSAGE',
    field: 'path',
    message: 'The path leads out of the served directory.',
    remedy: 'Ask for the path without . and .. segments.',
  });
}
