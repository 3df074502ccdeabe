import { readFile } from 'node:fs/promises';
import { type Handler, problem, wrongMethod } from '../http/http';
import { matches } from '../http/if-none-match';
import { strongTag } from './file-answer';

/**
 * Serves the ready-made worker of this package. At the root, its scope is the whole site; browsers always revalidate
 * it.
 */
export function workerFile(path: string): Handler {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod('GET', 'HEAD');
    const bytes = await readFile(path).catch(() => undefined);
    if (!bytes)
      return problem(404, {
        code: 'STORAGE_FAILED',
        message: 'The worker file of this package is missing.',
        remedy: 'Install the package from npm: a copy of the sources has no built worker.',
      });
    const etag = strongTag(bytes);
    const headers = { etag, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' };
    if (matches(request.headers.get('if-none-match'), etag)) return new Response(null, { status: 304, headers });
    return new Response(request.method === 'HEAD' ? null : new Uint8Array(bytes), {
      headers: {
        ...headers,
        'content-type': 'text/javascript; charset=utf-8',
        'content-length': String(bytes.byteLength),
      },
    });
  };
}
