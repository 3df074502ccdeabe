import type { Context } from 'hono';

/** A file of the built pages. */
export interface ShellFile {
  body: Uint8Array;
  etag: string;
}

/** The built pages by path: `/index.html`, `/assets/…`, `/sw.js`. */
export type Shell = ReadonlyMap<string, ShellFile>;

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  json: 'application/json',
  webmanifest: 'application/manifest+json',
};

/**
 * Serves a file of the built pages. Files with a hash in their name never change; browsers validate the others each
 * time.
 */
export function serveShell(shell: Shell): (context: Context) => Response | Promise<Response> {
  return (context) => {
    const path = context.req.path === '/' ? '/index.html' : context.req.path;
    const file = shell.get(path) ?? shell.get(`${path}.html`);
    if (!file) return context.notFound();
    const headers = {
      ETag: file.etag,
      'Cache-Control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    };
    if (context.req.header('if-none-match') === file.etag) return context.body(null, 304, headers);
    const extension = path.slice(path.lastIndexOf('.') + 1);
    return context.body(file.body as Uint8Array<ArrayBuffer>, 200, {
      ...headers,
      'Content-Type': TYPES[extension] ?? TYPES.html!,
    });
  };
}
