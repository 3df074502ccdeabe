import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runCli } from '../../server/cli/run';
import { createVarnishPurger } from '../../server/purge/varnish';

/** Purges and publishes over https to servers with different certificates, and writes how each attempt ended. */
const folder = process.argv[2]!;
const results: Record<string, { purge: string; publish: string; requests: number; connections: number }> = {};

for (const name of ['good', 'expired', 'elsewhere', 'stranger']) {
  const [key, cert] = ['key', 'crt'].map((end) => readFileSync(join(folder, `${name}.${end}`)));
  let requests = 0;
  const server = createServer({ key: key!, cert: cert! }, (_, response) => {
    requests += 1;
    response.writeHead(200, { 'x-tile-purge': 'Banned' }).end();
  });
  let connections = 0;
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const purge = await createVarnishPurger({ instances: [url], token: 'the-token', sleep: async () => undefined })
    .purge({ layer: 'roads', tags: ['layer:roads'] })
    .then(
      () => 'done',
      (error: Error) => error.message,
    );
  const tried = connections;
  let publish = '';
  await runCli(['publish', '--url', `${url}/api/publish`, '--layer', 'roads'], {
    env: { TILE_PUBLISH_TOKEN: 'the-token' },
    fetch,
    out: (text: string) => void (publish += text),
    err: (text: string) => void (publish += text),
  } as never);
  results[name] = { purge, publish, requests, connections: tried };
  server.close();
  server.closeAllConnections();
}
process.stdout.write(JSON.stringify(results));
process.exit(0);
