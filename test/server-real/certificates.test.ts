import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { program, temporaryFolder } from './programs';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => void (folder = await temporaryFolder()));
afterAll(() => folder?.remove());

const CONFIG = `[ca]
default_ca=all
[all]
database=index.txt
serial=serial
new_certs_dir=issued
default_md=sha256
policy=any
unique_subject=no
email_in_dn=no
rand_serial=yes
[any]
commonName=supplied
[req]
distinguished_name=name
[name]
[root]
basicConstraints=critical,CA:true
[here]
subjectAltName=IP:127.0.0.1
[elsewhere]
subjectAltName=DNS:other.test
`;

/** Makes a root that the child trusts, one valid certificate, and three invalid ones. */
function makeCertificates(): void {
  const cwd = folder.path;
  const openssl = (...args: string[]) => execFileSync(program('openssl'), args, { cwd, stdio: 'pipe' });
  mkdirSync(join(cwd, 'issued'));
  writeFileSync(join(cwd, 'index.txt'), '');
  writeFileSync(join(cwd, 'ca.cnf'), CONFIG);
  const request = (name: string) =>
    openssl(
      ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-config', 'ca.cnf'],
      ...['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`],
    );
  const sign = (name: string, extensions: string, until: string, root = 'root') =>
    openssl(
      ...['ca', '-batch', '-config', 'ca.cnf', '-extensions', extensions, '-startdate', '20200101000000Z'],
      ...['-enddate', until, '-in', `${name}.csr`, '-out', `${name}.crt`, '-notext', '-keyfile', `${root}.key`],
      ...(name === root ? ['-selfsign'] : ['-cert', `${root}.crt`]),
    );
  for (const name of ['root', 'good', 'expired', 'elsewhere', 'stranger']) request(name);
  sign('root', 'root', '21200101000000Z');
  sign('good', 'here', '21200101000000Z');
  sign('expired', 'here', '20210101000000Z');
  sign('elsewhere', 'elsewhere', '21200101000000Z');
  // A self-signed certificate.
  sign('stranger', 'here', '21200101000000Z', 'stranger');
}

it('an invalid certificate ends a purge and a publication at once, with the reason', async () => {
  makeCertificates();
  const child = join(folder.path, 'child.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('certificates-child.ts', import.meta.url))],
    ...{ bundle: true, format: 'esm', platform: 'node', outfile: child, logLevel: 'error' },
    external: ['pg', 'sql.js', 'hono', '@hono/node-server'],
  });
  const { stdout } = await promisify(execFile)(process.execPath, [child, folder.path], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: join(folder.path, 'root.crt') },
  });
  const results = JSON.parse(stdout) as Record<
    string,
    { purge: string; publish: string; requests: number; connections: number }
  >;
  expect(results.good).toMatchObject({ purge: 'done', requests: 2 });
  const codes = {
    expired: 'CERT_HAS_EXPIRED',
    elsewhere: 'ERR_TLS_CERT_ALTNAME_INVALID',
    stranger: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  };
  for (const [name, code] of Object.entries(codes)) {
    const { purge, publish, requests, connections } = results[name]!;
    expect(purge).toContain(`the connection is not trusted: ${code}`);
    expect(publish).toContain(`the connection is not trusted (${code})`);
    // Nothing was sent, and nothing was retried: only an operator can fix a certificate.
    expect([name, requests, connections]).toEqual([name, 0, 1]);
  }
});
