import { TileCacheError } from '../../src/shared/errors';
import { record, rule } from '../../src/shared/validate';
import { checkOwnOptions, CODE } from '../util/option-readers';
import { withFileLock } from './file-lock';
import { parseState } from './parse-state';
import { replaceFile } from './replace-file';
import { EMPTY_STATE, type OriginState } from './state';
import { createListeners, createQueue, type VersionStore } from './version-store';

const readOptions = record<{ path: string }>(
  { path: rule((value) => typeof value === 'string' && value !== '', "the file's path") },
  CODE,
);

/** Milliseconds between two checks for changes by another process. */
const LOOK = 1000;

/** Times that a change is tried whose lock another process takes over. */
const ATTEMPTS = 5;

type Change = Parameters<VersionStore['update']>[0];

/** The state that was last read or written. */
interface Held {
  state: OriginState;
  /** Distinguishes one write of the file from another. */
  stamp: string | undefined;
}

/**
 * Creates a store that keeps the versions in one JSON file, for an origin on one machine. It writes a temporary file,
 * flushes it and renames it, so that a crash leaves either the old file or the new one. A second process (a deployment,
 * a cluster) can use the same file: no process loses another's writes, and each sees them within a second. Throws
 * `INVALID_OPTION` without a path.
 */
export function createFileVersionStore(options: { path: string }): VersionStore {
  checkOwnOptions(options, readOptions, 'path');
  const { path } = options;
  const listeners = createListeners();
  const inTurn = createQueue();
  let held: Held | undefined;
  let told: OriginState | undefined;

  /**
   * Reads the current state from the file. If the file has been deleted, keeps the known state, and the next change
   * writes it.
   */
  async function current(): Promise<OriginState> {
    const stamp = await stampOf(path);
    if (held && (stamp === undefined || stamp === held.stamp)) return held.state;
    held = { state: await load(path), stamp };
    return held.state;
  }

  function tell(state: OriginState): void {
    if (state === told) return;
    told = state;
    listeners.tell(state);
  }

  const looks = createLooks(() =>
    inTurn(async () => {
      const state = await current().catch(() => undefined);
      if (state) tell(state);
    }),
  );

  /** Changes the file once. Resolves with `undefined` if another process took over the lock meanwhile. */
  const write = (change: Change) =>
    exclusively(path, async (target, isHeld) => {
      const state = await current();
      const next = change(state);
      if (!next) return state;
      const text = `${JSON.stringify(next)}\n`;
      const replaced = await replaceFile(target, text, isHeld).catch((error: unknown) => fail(path, error));
      if (!replaced) return undefined;
      held = { state: next, stamp: await stampOf(path) };
      tell(next);
      return next;
    });

  async function update(change: Change): Promise<OriginState> {
    for (let attempt = 1; ; attempt++) {
      const state = await write(change);
      if (state) return state;
      if (attempt === ATTEMPTS) return fail(path, { code: 'EEXIST' });
    }
  }

  return {
    read: () => inTurn(current),
    update: (change) => inTurn(() => update(change)),
    async watch(listener) {
      const stop = listeners.add(listener);
      const unwatch = looks.begin();
      return () => (stop(), unwatch());
    },
    close: () => inTurn(async () => looks.close()),
  };
}

/** Looks at the file for changes by another process, while somebody watches. */
function createLooks(look: () => Promise<void>) {
  let watching = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  function close(): void {
    clearInterval(timer);
    timer = undefined;
  }

  return {
    close,
    begin(): () => void {
      let ended = false;
      watching += 1;
      timer ??= setInterval(() => void look(), LOOK);
      timer.unref?.();
      return () => {
        if (!ended && --watching === 0) close();
        ended = true;
      };
    },
  };
}

async function stampOf(path: string): Promise<string | undefined> {
  const { stat } = await import('node:fs/promises');
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return fail(path, error);
  }
}

async function load(path: string): Promise<OriginState> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? undefined : fail(path, error),
  );
  return text === undefined ? EMPTY_STATE : parseState(text);
}

/** Runs the task while no other process writes. Passes it the file itself if the path is a symbolic link. */
async function exclusively<T>(
  path: string,
  task: (target: string, isHeld: () => Promise<boolean>) => Promise<T>,
): Promise<T> {
  const { mkdir } = await import('node:fs/promises');
  const { dirname } = await import('node:path');
  let begun = false;
  try {
    const target = await targetOf(path);
    await mkdir(dirname(target), { recursive: true });
    return await withFileLock(`${target}.lock`, (isHeld) => ((begun = true), task(target, isHeld)));
  } catch (error) {
    // Pass on an error of the task itself.
    if (begun) throw error;
    return fail(path, error);
  }
}

/** Resolves a symbolic link, because a rename would replace the link and leave its target unchanged. */
async function targetOf(path: string): Promise<string> {
  const { readlink, realpath } = await import('node:fs/promises');
  const { dirname, resolve } = await import('node:path');
  try {
    return await realpath(path);
  } catch {
    const link = await readlink(path).catch(() => undefined);
    return link === undefined ? path : resolve(dirname(path), link);
  }
}

/** Remedies by the file system's error code. */
const REMEDIES: Record<string, string> = {
  ENOSPC: 'Make room on the disk.',
  EDQUOT: "Raise the user's quota, or make room.",
  EROFS: 'Mount the disk for writing: it may have turned read-only by a fault.',
  EACCES: 'Let the user of this process read and write the file and its folder.',
  EPERM: 'Let the user of this process read and write the file and its folder.',
  EBUSY: 'Mount the folder, not the file itself: a file that is a mount cannot be replaced.',
  EIO: 'Look at the log of the system: the disk may be broken.',
  EEXIST: 'Another process holds the lock file beside it: look whether it hangs.',
};

function fail(path: string, cause: unknown): never {
  const { code } = cause as NodeJS.ErrnoException;
  const told = typeof code === 'string' && /^E\w{1,20}$/.test(code) ? code : undefined;
  throw new TileCacheError(
    {
      code: 'STORAGE_FAILED',
      message: `The versions file ${path} failed${told === undefined ? '' : ` (${told})`}.`,
      remedy: (told && REMEDIES[told]) ?? 'Check that the path may be read and written, and that the disk has room.',
    },
    { cause },
  );
}
