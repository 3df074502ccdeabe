import { bearerIs, sameSecret } from '../http/http';

/**
 * Returns whether the request has the token, as a bearer token or as the password of Basic authentication with any user
 * name.
 */
export async function mayLook(request: Request, token: string): Promise<boolean> {
  return (await bearerIs(request, token)) || sameSecret(passwordOf(request), token);
}

function passwordOf(request: Request): string {
  const [, encoded] = /^Basic +([\w+/=]{1,1000}) *$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  return Buffer.from(encoded ?? '', 'base64')
    .toString('utf8')
    .replace(/^[^:]*:/, '');
}

export function askForToken(): Response {
  const headers = new Headers({ 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' });
  headers.append('www-authenticate', 'Bearer');
  headers.append('www-authenticate', 'Basic realm="sw-tile-cache", charset="UTF-8"');
  return new Response('The token is needed: as a bearer token, or as the password.\n', { status: 401, headers });
}
