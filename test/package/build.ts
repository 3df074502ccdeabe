import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const newest = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0);

function builtAt(): number {
  try {
    return statSync('dist/index.js').mtimeMs;
  } catch {
    return 0;
  }
}

/** Builds dist/ when it is missing or older than a source. */
export default function setup(): void {
  const sources = Math.max(...['src', 'sw', 'server', 'scripts'].map(newest));
  if (builtAt() < sources) execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
}
