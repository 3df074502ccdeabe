import { isTileCacheError } from '../../src/shared/errors';
import { runAudit } from './audit-command';
import type { CliEffects } from './effects';
import { type CliCommand, readArguments, USAGE } from './options';
import { FAILED, OK, USAGE_ERROR } from './exit-codes';
import { type ChangedFields, readChanges } from './changed-tiles';
import { readToken } from './publish-token';
import { sendPublication } from './send-publication';
import { usage } from './usage-error';
import { sentences } from './words';
import { printable } from '../purge/words';
import { readZooms } from '../../src/shared/validate';
import { datasetVersion } from '../publish/dataset-version';

/** Runs one command and resolves with the exit code. Removes control characters from everything it prints. */
export async function runCli(argv: string[], given: CliEffects): Promise<number> {
  const effects: CliEffects = {
    ...given,
    out: (text) => given.out(printable(text, true)),
    err: (text) => given.err(printable(text, true)),
  };
  // A script that lost its arguments must not seem to have published.
  if (argv.length === 0) return (effects.err(USAGE), USAGE_ERROR);
  try {
    if (argv[0] === 'audit') return await runAudit(argv.slice(1), effects);
    if (argv[0] === 'detect') {
      const { runDetect } = await import('./detect-command');
      return await runDetect(argv.slice(1), effects);
    }
    if (argv[0] === 'serve' && effects.serve) {
      // Load the whole origin only for `serve`.
      const { runServe } = await import('./serve-command');
      return await runServe(argv.slice(1), effects, effects.serve);
    }
    const command = readArguments(argv);
    if (command.command === 'help') return (effects.out(USAGE), OK);
    if (command.command === 'packageVersion') return (effects.out(`${await effects.packageVersion()}\n`), OK);
    if (command.command === 'version') {
      effects.out(`${await versionOf(command.files, command.root, 'file')}\n`);
      return OK;
    }
    if (command.command === 'digest') return await printDigests(command.path, effects);
    return await publish(command, effects);
  } catch (error) {
    if (!isTileCacheError(error)) return (effects.err(unexpected(error)), FAILED);
    effects.err(`${sentences(error.message, error.remedy)}\n`);
    return error.code === 'NETWORK_FAILED' ? FAILED : USAGE_ERROR;
  }
}

/**
 * Returns the text for an unexpected error: its kind and place, but not its message, which may quote a
 * secret. Node's own exit code would be 1, which says that the version is published.
 */
function unexpected(error: unknown): string {
  const { name = 'Error', stack = '' } = error instanceof Error ? error : {};
  const places = stack.split('\n').filter((line) => /^ +at /.test(line));
  return [`The command failed unexpectedly (${name}). Please report it:`, ...places.slice(0, 5), ''].join('\n');
}

const versionOf = (files: string[], root: string | undefined, field: '--files' | 'file') =>
  datasetVersion({ files, ...(root !== undefined && { root }) }).catch((cause: unknown) => {
    throw isTileCacheError(cause) ? cause : usage(field, (cause as Error).message, cause);
  });

async function printDigests(path: string, { out }: CliEffects): Promise<number> {
  const { formatDigest, readDigests } = await import('./tile-digests');
  for await (const each of readDigests(path, 'path')) out(formatDigest(each));
  return OK;
}

/** Returns the changed tiles that the options name. A list of tiles already contains its zooms. */
async function changedOf({
  expire,
  compared,
  body,
}: Extract<CliCommand, { command: 'publish' }>): Promise<ChangedFields & Record<string, unknown>> {
  if (expire.length === 0 && !compared) return body;
  const { zooms, ...rest } = body;
  const range = zooms === undefined ? undefined : readZooms(zooms, '--zooms', 'INVALID_OPTION');
  const changes = await readChanges({ expire, ...(compared && { compared }) }, range);
  return { ...changes, ...rest };
}

async function publish(command: Extract<CliCommand, { command: 'publish' }>, effects: CliEffects): Promise<number> {
  const { zooms, ...manifest }: { zooms?: unknown } = await readManifest(command.manifest, effects);
  const changes = await changedOf(command);
  const body = {
    ...manifest,
    // A list says by itself which zooms it names.
    ...(zooms !== undefined && changes.tiles === undefined && { zooms }),
    ...changes,
    ...(command.files.length > 0 && { version: await versionOf(command.files, command.root, '--files') }),
  };
  const token = await readToken(command.tokenFile, effects);
  return sendPublication(command, body, token, effects);
}

async function readManifest(path: string | undefined, { readFile, readStdin }: CliEffects): Promise<object> {
  if (path === undefined) return {};
  const text = await (path === '-' ? readStdin() : readFile(path)).catch((cause: unknown) => {
    throw usage('--manifest', 'cannot be read', cause);
  });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw usage('--manifest', 'is not valid JSON', cause);
  }
  throw usage('--manifest', 'must contain an object');
}
