import { execFile } from 'node:child_process';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createFileVersionStore } from '../../server/versions/file-version-store';
import { entryOf } from '../../server/versions/manifest-of';
import { recordingPurger, testOrigin } from '../server/helpers';
import { temporaryFolder } from './programs';

const realTimeout = setTimeout;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let program: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  program = join(folder.path, 'child.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('interrupted-child.ts', import.meta.url))],
    ...{ bundle: true, format: 'esm', platform: 'node', outfile: program, logLevel: 'error' },
  });
});
afterEach(() => vi.useRealTimers());
afterAll(() => folder?.remove());

/** Publishes in a child process. Resolves with how it ended. */
const publishAndDie = (path: string, point: string, publication: object) =>
  new Promise<{ signal: string | null; said: string }>((resolve) => {
    execFile(process.execPath, [program, path, point, JSON.stringify(publication)], (error, said) =>
      resolve({ signal: (error as { signal?: string } | null)?.signal ?? null, said }),
    );
  });

/** A process that starts later on the same file. Its clock runs ahead; the file is written in real time. */
function restart(path: string) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  const { purger, asked } = recordingPurger();
  const cleared: string[] = [];
  const store = createFileVersionStore({ path });
  const onClear = ({ layer }: { layer: string }) => void cleared.push(layer);
  const publish = { token: 'a-token-for-tests-only', purgers: [{ ...purger, name: 'cdn' }], onClear };
  const { origin } = testOrigin({ store, now: Date.now, publish });
  const layers = async () => JSON.parse(await readFile(path, 'utf8')) as Awaited<ReturnType<typeof store.read>>;
  return {
    ...{ origin, asked, cleared, layers },
    async until(isDone: (state: Awaited<ReturnType<typeof layers>>) => boolean) {
      for (let second = 0; second < 120; second++) {
        await vi.advanceTimersByTimeAsync(1000);
        // Files are written in real time.
        await new Promise((resolve) => realTimeout(resolve, 10));
        if (isDone(await layers())) return second;
      }
      return expect.fail(JSON.stringify(await layers(), undefined, 1));
    },
  };
}

const box = { layer: 'roads', version: 'v2', bbox: [0, 0, 1, 1], id: 'job-2' };

describe('a publication whose process was killed', () => {
  let before: string;
  beforeAll(async () => {
    before = join(folder.path, 'before.json');
    const { origin } = testOrigin({ store: createFileVersionStore({ path: before }), now: Date.now });
    await origin.publishNow({ layer: 'roads', version: 'v1' });
    await origin.close();
  });

  // It writes twice: before the purge, and to announce.
  it.each(['after write 1', 'before purge', 'after purge', 'before write 2'])(
    'at "%s" is completed by the next process: it purges again, then announces',
    async (point) => {
      const path = join(folder.path, `${point.replaceAll(' ', '-')}.json`);
      await copyFile(before, path);
      expect((await publishAndDie(path, point, box)).signal).toBe('SIGKILL');
      const next = restart(path);
      await next.until(({ layers }) => layers.roads?.version === 'v2');
      const { layers, begun } = await next.layers();
      const { owed, staged, steps } = layers.roads!;
      expect([begun, owed, staged]).toEqual([undefined, undefined, undefined]);
      expect(next.asked.length).toBeGreaterThan(0);
      expect(next.cleared.length).toBeGreaterThan(0);
      // Clients drop only the box, and a pipeline that asks again learns that it is done.
      expect(entryOf(layers.roads!).changes).toEqual([{ from: 'v1', bbox: [0, 0, 1, 1] }]);
      const again = await next.origin.publishNow(box as never);
      expect([again.ok, again.applied, again.revision, steps.length]).toEqual([true, false, layers.roads!.revision, 2]);
      await next.origin.close();
    },
  );

  it('after the announcement leaves nothing to be done', async () => {
    const path = join(folder.path, 'announced.json');
    await copyFile(before, path);
    expect((await publishAndDie(path, 'after write 2', box)).signal).toBe('SIGKILL');
    const { layers, begun } = JSON.parse(await readFile(path, 'utf8')) as Awaited<
      ReturnType<ReturnType<typeof restart>['layers']>
    >;
    expect([layers.roads!.version, layers.roads!.owed, begun]).toEqual(['v2', undefined, undefined]);
  });
});
