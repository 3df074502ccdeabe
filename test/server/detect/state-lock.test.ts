import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** Makes reads fail from now on, as in a process that has no file descriptor left. */
const { failing, seen } = vi.hoisted(() => ({
  failing: { left: 0 },
  /** Runs once, after the next read. */
  seen: { then: undefined as (() => Promise<void>) | undefined },
}));
vi.mock('node:fs/promises', async (original) => {
  const actual = await original<typeof import('node:fs/promises')>();
  const read = async (path: string, encoding: 'utf8') => {
    if (failing.left-- > 0) throw new Error('EMFILE');
    const text = await actual.readFile(path, encoding);
    const { then } = seen;
    seen.then = undefined;
    await then?.();
    return text;
  };
  return { ...actual, readFile: read };
});
// Test files share modules: another one may have imported this one with the real file system.
vi.resetModules();
const { lockState } = await import('../../../server/detect/state-lock');
afterAll(() => void vi.resetModules());

let folder: string;
let state: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'));
  state = join(folder, 'roads.json');
});
afterEach(() => rm(folder, { recursive: true }));

const held = (host: string, pid: number) =>
  writeFile(`${state}.lock`, JSON.stringify({ host, pid, mark: 'of another one' }));
const longAgo = () => utimes(`${state}.lock`, new Date(0), new Date(0));
const noPause = async () => undefined;
/** No process has this id: Linux and macOS assign lower ones. (The id of an ended process may be assigned again.) */
const ENDED = 2 ** 22 + 7;

describe('the lock of a state file', () => {
  it('is removed at the end', async () => {
    const lock = await lockState(state);
    expect(await readdir(folder)).toEqual(['roads.json.lock']);
    await lock.check();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is not taken from a running process on this machine', async () => {
    await held(hostname(), process.ppid);
    await expect(lockState(state, noPause)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: `--state: another detector uses this file (process ${process.ppid}).`,
    });
    expect(await readFile(`${state}.lock`, 'utf8')).toContain('of another one');
  });

  it('is taken over from an ended process, even if another process has its id by now', async () => {
    await held(hostname(), ENDED);
    await (await lockState(state, noPause)).release();
    await held(hostname(), process.ppid);
    await longAgo();
    await (await lockState(state, noPause)).release();
  });

  it('goes to exactly one of several processes if left over', async () => {
    await held(hostname(), ENDED);
    let first: Awaited<ReturnType<typeof lockState>> | undefined;
    // Between the other process's check and its next step.
    seen.then = async () => void (first = await lockState(state, noPause));
    const other = lockState(state, async () => {
      throw new Error('somebody else has it');
    });
    await expect(other).rejects.toThrow('somebody else has it');
    await first!.check();
    await first!.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken over although another process ended during its takeover', async () => {
    await held(hostname(), ENDED);
    await writeFile(`${state}.lock.taking`, '');
    await utimes(`${state}.lock.taking`, new Date(0), new Date(0));
    await (await lockState(state, noPause)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['of another machine', 'elsewhere', 1],
    ['with our own id, in a restarted container', hostname(), process.pid],
  ])('%s is taken over when it gave no sign of life for 30 s', async (_, host, pid) => {
    await held(host, pid);
    let paused = 0;
    const lock = await lockState(state, async (milliseconds) => void (paused += milliseconds));
    expect(paused).toBe(30_000);
    await lock.release();
  });

  it('is not taken from another machine that shows signs of life', async () => {
    await held('elsewhere', 1);
    let paused = 0;
    const taking = lockState(state, async () => {
      if (++paused === 10) await longAgo();
    });
    await expect(taking).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(paused).toBe(10);
  });

  it('is left to its new owner once the loss is noticed', async () => {
    const lock = await lockState(state);
    await held('elsewhere', 1);
    await expect(lock.check()).rejects.toMatchObject({ code: 'CONFLICT' });
    await lock.release();
    expect(await readdir(folder)).toEqual(['roads.json.lock']);
  });

  it('is not considered lost when a check of it fails', async () => {
    const lock = await lockState(state, async () => {
      throw new Error('it waits for itself');
    });
    failing.left = 1;
    await lock.check();
    await lock.check();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken again if somebody removed it; a truncated one counts as left over', async () => {
    const lock = await lockState(state);
    await rm(`${state}.lock`);
    await lock.check();
    expect(await readdir(folder)).toEqual(['roads.json.lock']);
    await lock.release();
    await writeFile(`${state}.lock`, '{"ho');
    await (await lockState(state, noPause)).release();
  });
});
