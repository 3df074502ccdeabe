import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

/** Readings that fail from now on, as where a process has no file descriptor left. */
const { failing, seen } = vi.hoisted(() => ({
  failing: { left: 0 },
  /** Happens once, behind the next reading. */
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
// Files share modules: another one may have imported it with the real file system.
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
/** The number of no process: higher than any that Linux or macOS gives. One that has ended may be given again. */
const ENDED = 2 ** 22 + 7;

describe('the lock of a state file', () => {
  it('leaves nothing behind', async () => {
    const lock = await lockState(state);
    expect(await readdir(folder)).toEqual(['roads.json.lock']);
    await lock.check();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('that a running process of this machine holds is not taken', async () => {
    await held(hostname(), process.ppid);
    await expect(lockState(state, noPause)).rejects.toMatchObject({
      code: 'CONFLICT',
      message: `--state: another detector uses this file (process ${process.ppid}).`,
    });
    expect(await readFile(`${state}.lock`, 'utf8')).toContain('of another one');
  });

  it('is taken over from a process that ended, and from one whose number another process has by now', async () => {
    await held(hostname(), ENDED);
    await (await lockState(state, noPause)).release();
    await held(hostname(), process.ppid);
    await longAgo();
    await (await lockState(state, noPause)).release();
  });

  it('that is left over goes to one of those who take it over', async () => {
    await held(hostname(), ENDED);
    let first: Awaited<ReturnType<typeof lockState>> | undefined;
    // Between the other's look and its next step.
    seen.then = async () => void (first = await lockState(state, noPause));
    const other = lockState(state, async () => {
      throw new Error('somebody else has it');
    });
    await expect(other).rejects.toThrow('somebody else has it');
    await first!.check();
    await first!.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('is taken over although another one ended while it did so', async () => {
    await held(hostname(), ENDED);
    await writeFile(`${state}.lock.taking`, '');
    await utimes(`${state}.lock.taking`, new Date(0), new Date(0));
    await (await lockState(state, noPause)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['of another machine', 'elsewhere', 1],
    ['with our own number, in a container that was started again', hostname(), process.pid],
  ])('%s is taken over when it gave no sign of life for 30 s', async (_, host, pid) => {
    await held(host, pid);
    let paused = 0;
    const lock = await lockState(state, async (milliseconds) => void (paused += milliseconds));
    expect(paused).toBe(30_000);
    await lock.release();
  });

  it('of another machine that gives signs of life is not taken', async () => {
    await held('elsewhere', 1);
    let paused = 0;
    const taking = lockState(state, async () => {
      if (++paused === 10) await longAgo();
    });
    await expect(taking).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(paused).toBe(10);
  });

  it('that was lost meanwhile is noticed, and left to who has it', async () => {
    const lock = await lockState(state);
    await held('elsewhere', 1);
    await expect(lock.check()).rejects.toMatchObject({ code: 'CONFLICT' });
    await lock.release();
    expect(await readdir(folder)).toEqual(['roads.json.lock']);
  });

  it('that is its own is not taken for another one’s where a look at it fails', async () => {
    const lock = await lockState(state, async () => {
      throw new Error('it waits for itself');
    });
    failing.left = 1;
    await lock.check();
    await lock.check();
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('that somebody tidied up is taken again; half of one is left over', async () => {
    const lock = await lockState(state);
    await rm(`${state}.lock`);
    await lock.check();
    expect(await readdir(folder)).toEqual(['roads.json.lock']);
    await lock.release();
    await writeFile(`${state}.lock`, '{"ho');
    await (await lockState(state, noPause)).release();
  });
});
