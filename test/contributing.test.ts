import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { floors } from '../scripts/floors.mjs';

const text = readFileSync('CONTRIBUTING.md', 'utf8');
const named = new Set([...text.matchAll(/`((?:sw|src|server|test|e2e|docs)\/[\w./-]*)`/g)].map(([, path]) => path!));

describe('CONTRIBUTING.md', () => {
  it('names only files and folders that exist', () => {
    expect([...named].filter((path) => !existsSync(path))).toEqual([]);
    expect(named.size).toBeGreaterThan(40);
  });

  it.each(Object.entries(floors))('lists the folders of %s/ on the linter’s layers', (world, rooms) => {
    const rows = [...text.matchAll(/^\| (\d+) \| (.+?) \|/gm)].flatMap(([, floor, cell]) =>
      [...cell!.matchAll(/`(\w+)\/([\w-]+)\/`/g)].flatMap(([, of, room]) =>
        of === world ? [[room!, Number(floor)] as const] : [],
      ),
    );
    const held = rooms.flatMap((row, i) => row.map((room) => [room, i + 1] as const));
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(held));
    const folders = readdirSync(world, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(rows.map(([room]) => room).sort()).toEqual(
      folders
        .map(({ name }) => name)
        .filter((name) => name !== 'shared')
        .sort(),
    );
  });
});
