import { createFileVersionStore } from '../../server/versions/file-version-store';
import type { VersionStore } from '../../server/versions/version-store';
import { createTileOrigin } from '../../server/tile-origin';

/** An origin that publishes once and is killed at the point that its second argument names. */
const [path, point, publication] = process.argv.slice(2) as [string, string, string];

async function dieAt(here: string): Promise<void> {
  if (here !== point) return;
  process.kill(process.pid, 'SIGKILL');
  // Do nothing more, however late the signal arrives.
  await new Promise(() => setInterval(() => undefined, 1000));
}

let writes = 0;
const file = createFileVersionStore({ path });
const store: VersionStore = {
  ...file,
  async update(change) {
    writes += 1;
    await dieAt(`before write ${writes}`);
    const state = await file.update(change);
    await dieAt(`after write ${writes}`);
    return state;
  },
};

const origin = createTileOrigin({
  store,
  publish: {
    token: 'a-token-for-tests-only',
    purgers: [
      {
        name: 'cdn',
        async purge() {
          await dieAt('before purge');
          process.stdout.write('purged\n');
          await dieAt('after purge');
          return { requests: 1, retries: 0 };
        },
      },
    ],
    onClear: () => dieAt('clear'),
  },
});

await origin.publishNow(JSON.parse(publication) as { layer: string });
process.stdout.write(`writes ${writes}\n`);
process.exit(0);
