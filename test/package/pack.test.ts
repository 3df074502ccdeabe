import { execFileSync } from 'node:child_process';
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

  it('holds what users need', () => {
    for (const path of [
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/index.js',
      'dist/sw.js',
      'dist/worker.js',
    ]) {
      expect(paths).toContain(path);
    }
  });

  it('holds nothing else', () => {
    const others = paths.filter(
      (path) =>
        !/^(package\.json|README\.md|LICENSE|CHANGELOG\.md|CONTRIBUTING\.md|dist\/.+\.(js|js\.map|d\.ts)|docs\/.+\.(md|conf|vcl|yml|json|py|svg)|docs\/images\/demo\.png)$/.test(
          path,
        ),
    );
    expect(others).toEqual([]);
  });

  it('has declarations for what the entry points lead to, and for nothing of the tests', () => {
    const declarations = paths.filter((path) => path.endsWith('.d.ts'));
    expect(declarations.every((path) => /^dist\/types\/(src|sw|server)\//.test(path))).toBe(true);
  });
});
