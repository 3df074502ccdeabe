import { createHash } from 'node:crypto';
import { type Handler, wrongMethod } from '../http/http';
import { askForToken, mayLook } from './may-look';
import { statusPage, type StatusView, STYLE } from './status-page';

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Handles `GET /status`: a page for people, protected by the token if there is one. */
export function createStatusHandler(look: () => Promise<StatusView>, token: string | undefined): Handler {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return wrongMethod('GET', 'HEAD');
    if (token !== undefined && !(await mayLook(request, token))) return askForToken();
    const page = statusPage(await look());
    return new Response(request.method === 'HEAD' ? null : page, {
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': POLICY,
        'cache-control': 'no-store',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      },
    });
  };
}
