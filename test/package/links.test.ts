import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const [{ files }] = JSON.parse(
  execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }),
) as [{ files: Array<{ path: string }> }];
const packed = new Set(files.map(({ path }) => path));
const folders = new Set([...packed].flatMap((path) => path.split('/').map((_, i, all) => all.slice(0, i).join('/'))));
const pages = [...packed].filter((path) => path.endsWith('.md'));

/** A heading's anchor, as GitHub makes it. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replace(/ /g, '-');
const textOf = (page: string) => readFileSync(page, 'utf8').replace(/^```[^]*?^```$/gm, '');
/** Returns the anchors of a page. For equal headings, GitHub numbers the later ones. */
function anchorsOf(page: string): string[] {
  const text = textOf(page);
  const times = new Map<string, number>();
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => {
    const name = anchor(heading!);
    const before = times.get(name) ?? 0;
    times.set(name, before + 1);
    return before ? `${name}-${before}` : name;
  });
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)"/g)].map(([, id]) => id!)];
}

describe('the packed documentation', () => {
  it('has no dead link', () => {
    const dead = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
        if (/^[a-z]+:/i.test(link!)) return [];
        const [path, fragment] = link!.split('#') as [string, string?];
        const target = path ? normalize(join(dirname(page), path)).replace(/\/$/, '') : page;
        if (!packed.has(target) && !folders.has(target)) return [`${page}: ${link}`];
        return fragment && target.endsWith('.md') && !anchorsOf(target).includes(fragment) ? [`${page}: ${link}`] : [];
      }),
    );
    expect(dead).toEqual([]);
  });
});
