import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createCloudflarePurger } from '../../../server/purge/cloudflare';
import { createCloudFrontPurger } from '../../../server/purge/cloudfront';
import { createFastlyPurger } from '../../../server/purge/fastly';
import { createNginxLocationPurger } from '../../../server/purge/nginx';
import type { Purger, PurgeOptions } from '../../../server/purge/purger';
import { createVarnishPurger } from '../../../server/purge/varnish';

const closing: Array<() => void> = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A raw TCP server that writes exactly the given bytes, and counts requests. */
async function raw(answer: (socket: Socket, request: string) => void) {
  const seen = { requests: [] as string[] };
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      const end = text.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(text)?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      const request = text.slice(0, end);
      seen.requests.push(request);
      text = '';
      answer(socket, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const SECRET = 'a-secret-of-the-cdn';
const patient: PurgeOptions = { attempts: 2, timeout: 30, sleep: async () => undefined };
const hasty: PurgeOptions = { ...patient, timeout: 0.3 };
const wanted = { layer: 'roads', tags: ['layer:roads'] };
const byUrl = { ...wanted, urls: ['https://t.test/tiles/roads/0/0/0.pbf'] };

/** Each purger with the body and headers of an answer that it accepts. */
const purgers: Array<[string, (url: string, limits: PurgeOptions) => Purger, typeof wanted, string, string]> = [
  [
    'cloudflare',
    (api, limits) => createCloudflarePurger({ zone: 'z', token: SECRET, api, ...limits }),
    wanted,
    JSON.stringify({ success: true, errors: [], messages: [], result: { id: '023e105f4ecef8ad9ca31a8372d0c353' } }),
    '',
  ],
  [
    'fastly',
    (api, limits) => createFastlyPurger({ service: 's', token: SECRET, api, ...limits }),
    wanted,
    JSON.stringify({ 'layer:roads': '108-1391560174-974124' }),
    '',
  ],
  [
    'cloudfront',
    (api, limits) =>
      createCloudFrontPurger({
        ...{ distribution: 'd', api, ...limits },
        credentials: { accessKeyId: 'AKID', secretAccessKey: SECRET },
      }),
    wanted,
    '<Invalidation xmlns="x"><Id>I1</Id><Status>Completed</Status></Invalidation>',
    '',
  ],
  [
    'varnish',
    (instance, limits) => createVarnishPurger({ instances: [instance], token: SECRET, ...limits }),
    wanted,
    'done',
    'X-Tile-Purge: Banned\r\n',
  ],
  [
    'nginx',
    (instance, limits) => createNginxLocationPurger({ instances: [instance], token: SECRET, ...limits }),
    byUrl,
    'tile',
    'Cache-Status: nginx; fwd=bypass\r\n',
  ],
];

const CRLF = '\r\n';
const status = (line: string, headers: string, body: string) =>
  `${line}${CRLF}Content-Type: application/json${CRLF}${headers}${CRLF}${body}`;
const chunked = (body: string) => `${body.length.toString(16)}${CRLF}${body}${CRLF}0${CRLF}${CRLF}`;

type Write = (socket: Socket, body: string, headers: string) => void;

const failing: Array<[string, Write]> = [
  ['never answers', () => undefined],
  ['closes at once', (socket) => socket.destroy()],
  ['ends without an answer', (socket) => socket.end()],
  [
    'sends only an early hint',
    (socket) => socket.write(`HTTP/1.1 103 Early Hints${CRLF}Link: </a>; rel=preload${CRLF}${CRLF}`),
  ],
  [
    'ends after an early hint',
    (socket) => socket.end(`HTTP/1.1 103 Early Hints${CRLF}Link: </a>; rel=preload${CRLF}${CRLF}`),
  ],
  [
    'changes the protocol',
    (socket) => socket.end(`HTTP/1.1 101 Switching Protocols${CRLF}Upgrade: x${CRLF}Connection: upgrade${CRLF}${CRLF}`),
  ],
  ['drips its status line', drip(() => 'HTTP/1.1 200 OK\r\n'.repeat(50))],
  ['is no HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
  ['is HTTP/0.9', (socket, body) => socket.end(body)],
  ['sends headers without an end', (socket) => socket.write('HTTP/1.1 200 OK\r\nX-A: b\r\n')],
  [
    'sends a megabyte of headers',
    (socket, body, headers) =>
      socket.end(status('HTTP/1.1 200 OK', `X-A: ${'a'.repeat(1 << 20)}${CRLF}${headers}`, body)),
  ],
];

const elsewhere: Array<[string, Write]> = [
  [
    'leads elsewhere',
    (socket, body, headers) =>
      socket.end(status('HTTP/1.1 301 Moved Permanently', `Location: http://127.0.0.1:1/${CRLF}${headers}`, body)),
  ],
  [
    'redirects with the same method',
    (socket, body, headers) =>
      socket.end(status('HTTP/1.1 308 Permanent Redirect', `Location: http://127.0.0.1:1/${CRLF}${headers}`, body)),
  ],
  ['redirects without a location', (socket, body, headers) => socket.end(status('HTTP/1.1 302 Found', headers, body))],
];

/** A truncated body proves nothing; it does not matter if the proof is in a header. */
const half: Array<[string, Write]> = [
  [
    'is cut in the middle of its chunks',
    (socket, body, headers) =>
      socket.end(
        status(
          'HTTP/1.1 200 OK',
          `Transfer-Encoding: chunked${CRLF}${headers}`,
          chunked(body).slice(0, body.length / 2),
        ),
      ),
  ],
  [
    'is shorter than it says',
    (socket, body, headers) =>
      socket.end(status('HTTP/1.1 200 OK', `Content-Length: ${body.length + 9}${CRLF}${headers}`, body)),
  ],
  [
    'drips its body',
    (socket, body, headers) => {
      socket.write(status('HTTP/1.1 200 OK', `Content-Length: ${body.length + 1000}${CRLF}${headers}`, ''));
      drip(() => `${body}${' '.repeat(1000)}`)(socket, body, headers);
    },
  ],
  [
    'never ends its body',
    (socket, body, headers) => {
      socket.write(status('HTTP/1.1 200 OK', headers, body));
      const more = setInterval(() => socket.write(' '.repeat(1 << 18)), 1);
      socket.on('close', () => clearInterval(more));
      closing.push(() => clearInterval(more));
    },
  ],
  [
    'claims gzip on a plain body',
    (socket, body, headers) =>
      socket.end(
        status('HTTP/1.1 200 OK', `Content-Encoding: gzip${CRLF}Content-Length: ${body.length}${CRLF}${headers}`, body),
      ),
  ],
];

function drip(text: () => string): Write {
  return (socket) => {
    let at = 0;
    const all = text();
    const more = setInterval(() => void (at < all.length && socket.write(all[at++]!)), 20);
    socket.on('close', () => clearInterval(more));
    closing.push(() => clearInterval(more));
  };
}

/** Forms of a complete answer in old and new HTTP. */
const whole: Array<[string, Write]> = [
  ['in HTTP/1.0', (socket, body, headers) => socket.end(status('HTTP/1.0 200 OK', headers, body))],
  [
    'in chunks of one byte',
    (socket, body, headers) =>
      socket.end(
        status(
          'HTTP/1.1 200 OK',
          `Transfer-Encoding: chunked${CRLF}${headers}`,
          `${[...body].map((char) => `1${CRLF}${char}${CRLF}`).join('')}0${CRLF}${CRLF}`,
        ),
      ),
  ],
  [
    'behind hints',
    (socket, body, headers) => {
      socket.write(`HTTP/1.1 103 Early Hints${CRLF}Link: </a>; rel=preload${CRLF}${CRLF}`);
      socket.end(status('HTTP/1.1 200 OK', `Content-Length: ${body.length}${CRLF}${headers}`, body));
    },
  ],
];

/** Returns a description of how a purge ended. */
const ending = (purger: Purger, request: typeof wanted) =>
  purger.purge(request).then(
    () => 'done',
    (error: Error) => error.message,
  );

/** The purger checks nginx after the renewal. */
const answers =
  (write: Write, body: string, headers: string, isNginx: boolean) =>
  (socket: Socket, request: string): void =>
    write(socket, body, isNginx && /x-purge-look/i.test(request) ? 'Cache-Status: nginx; hit\r\n' : headers);

describe.each(purgers)('%s', (name, make, request, body, headers) => {
  it('accepts a complete answer, in every form', async () => {
    for (const [how, write] of whole) {
      const { url } = await raw(answers(write, body, headers, name === 'nginx'));
      expect(`${how}: ${await ending(make(url, patient), request)}`).toBe(`${how}: done`);
    }
  });

  it('accepts no answer that breaks off, is absent or redirects, and says why', async () => {
    const results = await Promise.all(
      // Varnish answers in a header, so that its body does not count; nginx may store a redirect.
      [...failing, ...(name === 'nginx' ? [] : elsewhere), ...(name === 'varnish' ? [] : half)].map(
        async ([how, write]) => {
          const { url, seen } = await raw(answers(write, body, headers, name === 'nginx'));
          return { how, said: await ending(make(url, hasty), request), requests: seen.requests };
        },
      ),
    );
    for (const { how, said, requests } of results) {
      expect(`${how}: ${said}`).toMatch(/answered|did not answer|the request failed|redirect/);
      expect(said).not.toContain(SECRET);
      if (how.startsWith('leads')) expect(said).toMatch(/redirect|in time/);
      if (how === 'never ends its body') expect(said).toMatch(/TOO_LONG|in time|without|unreadable/);
      expect(requests.length, how).toBeLessThanOrEqual(4);
    }
  });
});
