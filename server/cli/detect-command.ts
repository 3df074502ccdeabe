import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TileCacheError } from '../../src/shared/errors';
import { type Cursor, formatCursor, parseCursor } from '../detect/cursor';
import { connect, readConnection, type Database } from '../detect/database';
import { lockState, type StateLock } from '../detect/state-lock';
import { detectOnce } from '../detect/detect-once';
import { watch } from '../detect/watch';
import { wrong } from '../detect/wrong';
import { replaceFile } from '../versions/replace-file';
import { DETECT_USAGE, readDetect, type DetectCommand } from './detect-options';
import type { CliEffects } from './effects';
import { OK, REFUSED } from './exit-codes';
import { readToken } from './publish-token';
import { sendPublication } from './send-publication';

/**
 * Runs the detector once or until it is stopped, and resolves with the exit code. Rejects with `INVALID_OPTION` or
 * `NETWORK_FAILED`.
 */
export async function runDetect(argv: string[], effects: CliEffects): Promise<number> {
  const command = readDetect(argv);
  if (!command) return (effects.out(DETECT_USAGE), OK);
  const connection = readConnection(command.pg, effects.env);
  const token = await readToken(command.tokenFile, effects);
  await tryToWrite(command.state);
  const lock = await lockState(command.state);
  try {
    return await detect(command, connection, { token, lock, effects });
  } finally {
    await lock.release();
  }
}

interface DetectNeeds {
  token: string;
  lock: StateLock;
  effects: CliEffects;
}

async function detect(
  command: DetectCommand,
  connection: string | undefined,
  { token, lock, effects }: DetectNeeds,
): Promise<number> {
  // When a watch is stopped, it first completes the running publication.
  const { onInterrupt, ...steady } = effects;
  const run = await prepareRun(command, { token, lock, effects: command.watch ? steady : effects });
  if (!command.watch) {
    const database = await connect(connection);
    try {
      return await run(database);
    } finally {
      await database.close();
    }
  }
  const stop = new AbortController();
  void effects.stopped?.().then(() => stop.abort());
  let code = OK;
  const { interval, channel } = command.watch;
  await watch({
    ...{ interval, stop: stop.signal, ...(channel !== undefined && { channel }) },
    connect: () => connect(connection),
    run: async (database) => {
      code = await run(database);
      // If the origin refuses, for example a wrong token, it would refuse again: stop.
      if (code === REFUSED) stop.abort();
      return code === OK;
    },
    note: (line) => effects.err(`${line}\n`),
  });
  return code === REFUSED ? REFUSED : OK;
}

/** Prepares one run, which starts where the last one ended. */
async function prepareRun(
  { task, state, fromNow, url, json, timeout }: DetectCommand,
  { token, lock, effects }: DetectNeeds,
): Promise<(database: Database) => Promise<number>> {
  const { layer, table, geometry, newer } = task;
  const subject = JSON.stringify([layer, table.schema, table.name, geometry, newer ?? null]);
  const keep = async (cursor: Cursor) => {
    await replaceFile(state, formatCursor(subject, cursor)).catch(() => {
      throw unwritable();
    });
  };
  const text = await readFile(state, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw wrong('--state', 'cannot be read');
  });
  let since = text === undefined ? undefined : parseCursor(text, subject);
  return async (database) => {
    await lock.check();
    let code = OK;
    const { cursor } = await detectOnce(database, task, since, {
      subject,
      keep,
      publish: async (publication) => {
        if (!since && fromNow) return true;
        code = await sendPublication({ url, json, timeout }, publication, token, effects);
        return code === OK;
      },
      note: (line) => void (json || effects.out(`${line}\n`)),
    });
    since = cursor;
    return code;
  };
}

/**
 * Checks that the state file can be written, before anything is published. Otherwise each run would publish the same
 * again.
 */
async function tryToWrite(state: string): Promise<void> {
  const beside = `${state}.${process.pid}.try`;
  try {
    await mkdir(dirname(state), { recursive: true });
    await (await open(beside, 'w', 0o600)).close();
    await rm(beside);
  } catch {
    throw unwritable();
  }
}

const unwritable = () =>
  new TileCacheError({
    code: 'STORAGE_FAILED',
    field: '--state',
    message: '--state: cannot be written.',
    remedy: 'Check that its folder may be written.',
  });
