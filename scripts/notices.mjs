// Writes the licence notices for third-party code in the built files, and the software bill of materials (CycloneDX).
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const RULE = `\n\n${'-'.repeat(80)}\n\n`;

/**
 * Returns the folders of the packages whose modules a build contains, such as `…/node_modules/idb`, also nested ones.
 */
export function packageFolders(moduleIds) {
  const folders = moduleIds.flatMap((id) => {
    const path = id.replace(/^\0/, '').replace(/\?.*$/, '').replaceAll('\\', '/');
    return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0] ?? [];
  });
  return [...new Set(folders)].sort();
}

/**
 * Returns a package's name, version, licence and licence text. Throws without a text, because the build must not ship the
 * package then.
 */
function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice|copying)/i.test(file));
  if (files.length === 0) throw new Error(`${name}@${version} has no licence text`);
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}

/** Writes `dist/THIRD-PARTY-NOTICES.txt` for the modules in the results of Vite's builds. */
export function writeNotices(results, file = 'dist/THIRD-PARTY-NOTICES.txt') {
  const chunks = results.flat().flatMap(({ output }) => output.filter(({ type }) => type === 'chunk'));
  const folders = packageFolders(chunks.flatMap(({ moduleIds }) => moduleIds));
  const names = 'The files in this folder contain code of the packages below.';
  writeFileSync(file, `${[names, ...folders.map(noticeOf)].join(RULE)}\n`);
}

/**
 * Returns everything that package.json's `dependencies` install, from the lock file's `packages`. npm's own list lacks
 * packages that a development tool also needs.
 */
export function installed(lock) {
  const reached = new Map();
  const visit = (name, from) => {
    // Resolve as Node does: first inside the package that depends on it, then at the top.
    const path = [`${from}/node_modules/${name}`, `node_modules/${name}`].find((each) => lock[each]);
    if (path === undefined) throw new Error(`package-lock.json has no ${name}`);
    if (reached.has(path)) return;
    reached.set(path, { name, ...lock[path] });
    for (const next of Object.keys(lock[path].dependencies ?? {})) visit(next, path);
  };
  for (const name of Object.keys(lock[''].dependencies ?? {})) visit(name, '');
  return [...reached.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const purl = (name, version) => `pkg:npm/${name.replace('@', '%40')}@${version}`;

function component({ name, version, license, integrity }) {
  const [algorithm, digest] = (integrity ?? '').split(/-(.*)/);
  return {
    type: 'library',
    'bom-ref': `${name}@${version}`,
    name,
    version,
    purl: purl(name, version),
    ...(license && {
      licenses: [/ (OR|AND|WITH) /.test(license) ? { expression: license } : { license: { id: license } }],
    }),
    ...(algorithm === 'sha512' && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }],
    }),
  };
}

/**
 * Writes `dist/sbom.cdx.json` (CycloneDX 1.5): what the package contains or installs, without development tools. It
 * contains no time and no random number, so the same sources give the same file.
 */
export function writeBillOfMaterials(file = 'dist/sbom.cdx.json') {
  const { name, version, license } = JSON.parse(readFileSync('package.json', 'utf8'));
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const bill = {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { lifecycles: [{ phase: 'build' }], component: component({ name, version, license }) },
    components: installed(packages).map(component),
  };
  writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`);
}
