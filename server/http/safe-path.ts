import { problem } from './http';

/**
 * Returns whether a path tries to leave its folder: with a `.` or `..` segment, plain or percent-encoded, also after an
 * encoded slash or a backslash. A proxy in front of the origin may have read such a path differently.
 */
export function leadsAway(pathname: string): boolean {
  const plain = pathname.replace(/%2e/gi, '.').replace(/%2f/gi, '/').replace(/%5c/gi, '/').replace(/\\/g, '/');
  return plain.split('/').some((segment) => segment === '.' || segment === '..') || /%00/.test(plain);
}

/** Creates the 400 response for such a path. */
export function badPath(): Response {
  return problem(400, {
    code: 'INVALID_MESSAGE',
    field: 'path',
    message: 'The path leads out of the served directory.',
    remedy: 'Request the path without . and .. segments.',
  });
}
