import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';

/**
 * Returns the program's path. Throws with instructions if it is not installed, because the test must not pass by being
 * skipped.
 */
export function program(name: string): string {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/bin']) {
    try {
      const path = join(folder, name);
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  throw new Error(`${name} is not installed. Run: npm run setup (scripts/setup.mjs)`);
}

/**
 * Returns a port that nobody listens on. It is below the ports that systems use for outgoing connections, so that no
 * connection of another test can take it before the program listens on it, or while the program is down.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) =>
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)),
    );
    if (!free) continue;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    return port;
  }
}

/** Resolves once the port accepts connections. Rejects with the program's output if it ends instead. */
async function accepting(port: number, child: ChildProcess, said: () => string): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`the program ended with ${child.exitCode ?? child.signalCode}:\n${said()}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection({ port, host: '127.0.0.1' }, () => resolve(true));
      socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing listens on port ${port}:\n${said()}`);
}

export interface Program {
  child: ChildProcess;
  /** Returns the output so far. */
  said(): string;
  /** Ends the program, and waits until it has ended. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a program in the foreground, and waits until it listens. */
export async function start(
  name: string,
  args: string[],
  port: number,
  env: Record<string, string> = {},
  user: { uid?: number; gid?: number } = {},
): Promise<Program> {
  const child = spawn(name.startsWith('/') ? name : program(name), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...user,
  });
  let text = '';
  const note = (chunk: Buffer) => (text = (text + chunk.toString()).slice(-20_000));
  child.stdout.on('data', note);
  child.stderr.on('data', note);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    const hard = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended;
    clearTimeout(hard);
  };
  try {
    await accepting(port, child, () => text);
  } catch (error) {
    await stop('SIGKILL');
    throw error;
  }
  return { child, said: () => text, stop };
}

/** Creates a folder for one test. `remove` deletes it. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'tile-origin-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
