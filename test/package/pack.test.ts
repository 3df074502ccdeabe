import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Packed {
  files: Array<{ path: string; size: number }>;
}

const pack = (): Packed =>
  (
    JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ) as Packed[]
  )[0]!;

describe('npm pack', () => {
  const paths = pack().files.map((file) => file.path);

  it('contains what users need', () => {
    for (const path of [
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/index.js',
      'dist/sw.js',
      'dist/worker.js',
      'dist/remove-worker.js',
      'dist/THIRD-PARTY-NOTICES.txt',
      'dist/sbom.cdx.json',
      'SECURITY.md',
      'docs/threat-model.md',
    ]) {
      expect(paths).toContain(path);
    }
  });

  it('contains nothing else', () => {
    const others = paths.filter(
      (path) =>
        !/^(package\.json|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md|SECURITY\.md|dist\/.+\.(js|js\.map|d\.ts)|dist\/THIRD-PARTY-NOTICES\.txt|dist\/sbom\.cdx\.json|docs\/.+\.(md|conf|vcl|yml|json|py|svg)|docs\/edge\/cloudflare-worker\.ts|docs\/load\/(plan|tiles\.k6)\.js|docs\/load\/run\.mjs|examples\/([\w-]+\/)*[\w.-]+\.(md|json|ts|tsx|html|mjs)|examples\/maplibre\/\.env|docs\/images\/(demo|regions[\w-]*)\.png)$/.test(
          path,
        ),
    );
    expect(others).toEqual([]);
  });

  it('has declarations for everything that the entry points reach, and none for tests', () => {
    const declarations = paths.filter((path) => path.endsWith('.d.ts'));
    expect(declarations.every((path) => /^dist\/types\/(src|sw|server)\//.test(path))).toBe(true);
  });
});

describe('the contents of the package', () => {
  const contained = () =>
    [...new Set(readdirSync('dist').filter((name) => name.endsWith('.js.map')))].flatMap((name) =>
      (JSON.parse(readFileSync(`dist/${name}`, 'utf8')) as { sources: string[] }).sources.flatMap(
        (source) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? [],
      ),
    );

  it('include the licence text of all third-party code in the built files', () => {
    const notices = readFileSync('dist/THIRD-PARTY-NOTICES.txt', 'utf8');
    const names = [...new Set(contained())].sort();
    expect(names).toEqual(expect.arrayContaining(['idb', 'workbox-core', 'workbox-routing']));
    for (const name of names) {
      const { version, license } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')) as {
        version: string;
        license: string;
      };
      expect(notices).toContain(`\n${name} ${version} (${license})\n`);
      expect(notices).toContain(readFileSync(`node_modules/${name}/LICENSE`, 'utf8').trim());
    }
  });

  it('include a bill of materials: every dependency, and no development tool', () => {
    const bill = JSON.parse(readFileSync('dist/sbom.cdx.json', 'utf8')) as {
      bomFormat: string;
      metadata: { component: { name: string; version: string } };
      components: Array<{ name: string; purl: string; licenses: unknown[]; hashes: unknown[] }>;
    };
    const { name, version, dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      name: string;
      version: string;
      dependencies: Record<string, string>;
    };
    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      metadata: { component: { name, version } },
    });
    const names = bill.components.map((each) => each.name);
    expect(names).toEqual(expect.arrayContaining([...Object.keys(dependencies), ...new Set(contained())]));
    expect(names).not.toContain('vite');
    for (const each of bill.components) {
      expect(each.purl).toMatch(/^pkg:npm\/[^@]+@\d+\.\d+\.\d+/);
      expect([each.licenses.length, each.hashes.length]).toEqual([1, 1]);
    }
  });
});
