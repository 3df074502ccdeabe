import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const eslint = new ESLint();

async function rulesBroken(filePath: string, code: string): Promise<string[]> {
  const [result] = await eslint.lintText(code, { filePath });
  return result!.messages.map((message) => message.ruleId ?? message.message);
}

const importRule = '@typescript-eslint/no-restricted-imports';

describe('the linter enforces the structure', () => {
  it.each([
    ['the page imports the worker', 'src/client/client.ts', `import { x } from '../sw/policy';\nx();`, importRule],
    [
      'the page imports the origin',
      'src/client/client.ts',
      `import type { x } from '../server/index';\nexport type { x };`,
      importRule,
    ],
    ['the page re-exports the worker', 'src/client/client.ts', `export { x } from '../sw/policy';`, importRule],
    ['the worker imports the page', 'sw/policy/decide.ts', `import { x } from '../src/client';\nx();`, importRule],
    ['the worker imports the origin', 'sw/policy/decide.ts', `import { x } from '../server/index';\nx();`, importRule],
    ['the origin imports the page', 'server/index.ts', `import { x } from '../src/client';\nx();`, importRule],
    ['the origin imports the worker', 'server/index.ts', `import { x } from '../sw/policy';\nx();`, importRule],
    ['shared code imports the page', 'src/shared/tile.ts', `import { x } from '../client';\nx();`, importRule],
    ['shared code imports a package', 'src/shared/tile.ts', `import { x } from 'idb';\nx();`, importRule],
    ['a room imports from above', 'sw/store/door.ts', `import { x } from '../ledger/ledger';\nx();`, importRule],
    ['… or a type', 'sw/http/vary.ts', `import type { x } from '../policy/decide';\nexport type { x };`, importRule],
    [
      '… or from a deeper folder',
      'sw/policy/formats/png.ts',
      `import { x } from '../../ledger/rules';\nx();`,
      importRule,
    ],
    ['a room imports from beside it', 'sw/inspect/trace.ts', `import { x } from '../regions/job';\nx();`, importRule],
    [
      'a room imports what puts it together',
      'sw/request/task.ts',
      `import { x } from '../assemble';\nx();`,
      importRule,
    ],
    [
      'a room of the page imports from above',
      'src/page/env.ts',
      `import { x } from '../client/client';\nx();`,
      importRule,
    ],
    ['… or from beside it', 'src/worker/channel.ts', `import { x } from '../adapters/bind';\nx();`, importRule],
    [
      'a room of the origin imports from above',
      'server/purge/fastly.ts',
      `import { x } from '../publish/plan';\nx();`,
      importRule,
    ],
    ['… or what puts it together', 'server/publish/plan.ts', `import { x } from '../tile-origin';\nx();`, importRule],
    ['the worker imports Node', 'sw/policy/decide.ts', `import { x } from 'node:fs';\nx();`, importRule],
    [
      'a file other than the store uses Cache Storage',
      'sw/request/handle-tile.ts',
      `export const x = caches.open('a');`,
      'no-restricted-globals',
    ],
    ['… or through self', 'sw/request/handle-tile.ts', `export const x = self.caches;`, 'no-restricted-properties'],
    ['a decision fetches', 'sw/policy/decide.ts', `export const x = () => fetch('/');`, 'no-restricted-globals'],
    [
      'a decision opens a database',
      'sw/http/freshness.ts',
      `export const x = () => indexedDB.open('a');`,
      'no-restricted-globals',
    ],
    [
      'a decision reads the clock',
      'sw/http/freshness.ts',
      `export const x = () => Date.now();`,
      'no-restricted-syntax',
    ],
    [
      '… or in a deeper folder',
      'sw/policy/formats/images.ts',
      `export const x = () => Date.now();`,
      'no-restricted-syntax',
    ],
    ['shared code fetches', 'src/shared/tile.ts', `export const x = () => fetch('/');`, 'no-restricted-globals'],
  ])('%s', async (_, file, code, rule) => {
    expect(await rulesBroken(file, code)).toContain(rule);
  });

  it.each([
    ['src/client/client.ts', `import { x } from './shared/tile';\nx();`],
    ['sw/policy/decide.ts', `import { x } from '../src/shared/tile';\nimport { y } from './freshness';\nx(y);`],
    [
      'server/index.ts',
      `import { x } from '../src/shared/tile';\nimport { readFile } from 'node:fs/promises';\nx(readFile);`,
    ],
    ['sw/store/tile-store.ts', `export const x = () => caches.open('a');`],
    ['src/shared/tile.ts', `import { x } from './errors';\nx();`],
    ['src/versions/leader.ts', `import { x } from '../worker/channel';\nimport { y } from './stream';\nx(y);`],
    ['server/audit/checks/vary.ts', `import { x } from '../finding';\nx();`],
    ['server/cli/cli.ts', `import { x } from '../tile-origin';\nimport { y } from '../publish/plan';\nx(y);`],
  ])('%s may do its own work', async (file, code) => {
    expect(await rulesBroken(file, code)).toEqual([]);
  });
});
