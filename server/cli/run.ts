import { isTileCacheError, TileCacheError } from '../../src/shared/errors';
import { runAudit } from './audit-command';
import type { CliEffects } from './effects';
import { isSecret } from '../http/check-secret';
import { checkAnswer, noEndpoint, refusalOf } from './answer';
import type { CliCommand } from './options';
import { followJob, jobUrl } from './follow-job';
import type { Ask, Report } from './follow-job';
import { failed } from './failed';
import { type ChangedFields, readChanges } from './changed-tiles';
import { readArguments, USAGE } from './options';
import { sentences, wordsOf } from './words';
import { printable } from '../purge/words';
import { readZooms } from '../../src/shared/validate';
import { datasetVersion } from '../publish/dataset-version';
import type { PublishReport, PublishStep } from '../publish/publish';

const OK = 0;
const STEP_FAILED = 1;
const USAGE_ERROR = 2;
const REFUSED = 3;
const FAILED = 4;

/** Runs one command and resolves with the exit code. What it prints holds no control characters, whoever said it. */
export async function runCli(argv: string[], given: CliEffects): Promise<number> {
  const effects: CliEffects = {
    ...given,
    out: (text) => given.out(printable(text, true)),
    err: (text) => given.err(printable(text, true)),
  };
  // A script whose command got lost must not pass for one that published.
  if (argv.length === 0) return (effects.err(USAGE), USAGE_ERROR);
  try {
    if (argv[0] === 'audit') return await runAudit(argv.slice(1), effects);
    if (argv[0] === 'serve' && effects.serve) {
      // The whole origin: the other commands do without it.
      const { runServe } = await import('./serve-command');
      return await runServe(argv.slice(1), effects, effects.serve);
    }
    const command = readArguments(argv);
    if (command.command === 'help') return (effects.out(USAGE), OK);
    if (command.command === 'packageVersion') return (effects.out(`${await effects.packageVersion()}\n`), OK);
    if (command.command === 'version') {
      effects.out(`${await versionOf(command.files, command.root)}\n`);
      return OK;
    }
    if (command.command === 'digest') return await printDigests(command.path, effects);
    return await publish(command, effects);
  } catch (error) {
    if (!isTileCacheError(error)) throw error;
    effects.err(`${sentences(error.message, error.remedy)}\n`);
    return error.code === 'NETWORK_FAILED' ? FAILED : USAGE_ERROR;
  }
}

const versionOf = (files: string[], root: string | undefined) =>
  datasetVersion({ files, ...(root !== undefined && { root }) }).catch((cause: unknown) => {
    throw isTileCacheError(cause) ? cause : usage('--files', (cause as Error).message, cause);
  });

async function printDigests(path: string, { out }: CliEffects): Promise<number> {
  const { formatDigest, readDigests } = await import('./tile-digests');
  for await (const each of readDigests(path, 'path')) out(formatDigest(each));
  return OK;
}

/** What the options say; a list of tiles has its zooms in it. */
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
    ...(command.files.length > 0 && { version: await versionOf(command.files, command.root) }),
  };
  const token = (
    command.tokenFile === undefined
      ? effects.env.TILE_PUBLISH_TOKEN
      : await effects.readFile(command.tokenFile).catch((cause: unknown) => {
          throw usage('--token-file', 'cannot be read', cause);
        })
  )?.trim();
  if (!token) throw usage('token', 'set TILE_PUBLISH_TOKEN or give --token-file');
  if (!isSecret(token)) throw usage('token', 'must be one word of printable ASCII');

  const again = (body as { id?: unknown }).id === undefined ? 'Publish again.' : 'Publish again with the same id.';

  const response = await effects
    .fetch(command.url, {
      method: 'POST',
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(command.timeout * 1000),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/x-ndjson' },
    })
    .catch((cause: unknown) => {
      throw failed('the origin did not answer', again, cause);
    });
  if (response.status >= 400) {
    effects.err(`${await refusalOf(response)}\n`);
    return response.status < 500 ? REFUSED : FAILED;
  }
  checkAnswer(response);
  const ask: Ask = { effects, token, again, deadline: Date.now() + command.timeout * 1000 };
  const told = (step: PublishStep) => void (command.json || effects.out(line(step)));
  const report =
    response.status === 202
      ? await followJob(jobUrl(response, 'location', command.url), ask, told)
      : await follow(response, again, told, (seen) => {
          // The connection broke, and the publication goes on: an edge ended it, or the network.
          const url = jobUrl(response, 'content-location', command.url);
          let skipped = 0;
          return url && followJob(url, ask, (step) => void (skipped++ < seen || told(step)));
        });
  if (command.json) effects.out(`${JSON.stringify(report)}\n`);
  else if (report.error === undefined) effects.out(summary(report));
  if (report.error !== undefined) effects.err(`${sentences('The origin failed', wordsOf(report.error))}\n`);
  if (report.ok) return OK;
  return report.steps?.some(({ step, ok }) => (step === 'announce' || step === 'ready') && !ok) || !report.steps
    ? FAILED
    : STEP_FAILED;
}

async function readManifest(path: string | undefined, { readFile, readStdin }: CliEffects): Promise<object> {
  if (path === undefined) return {};
  try {
    const value: unknown = JSON.parse(await (path === '-' ? readStdin() : readFile(path)));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw usage('--manifest', 'is no readable JSON', cause);
  }
  throw usage('--manifest', 'must hold an object');
}

/** Reads the lines as they come; the last one is the report. */
async function follow(
  response: Response,
  again: string,
  onStep: (step: PublishStep) => void,
  resume: (seen: number) => Promise<Report> | undefined,
): Promise<Report> {
  let seen = 0;
  let report: Report | undefined;
  let foreign = false;
  let text = '';
  const take = (row: string) => {
    const value = JSON.parse(row) as PublishStep & { report?: Report; progress?: unknown };
    if (value.report) report = value.report;
    // An origin that knows no lines answers with the report alone.
    else if (isReport(value)) {
      report = value;
      value.steps?.forEach(onStep);
    } else if (value.step) {
      onStep(value);
      seen += 1;
    } else if (!value.progress) foreign = true;
  };
  try {
    const decoder = new TextDecoder();
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const rows = (text + decoder.decode(chunk, { stream: true })).split('\n');
      text = rows.pop()!;
      rows.filter(Boolean).forEach(take);
    }
    if (text.trim()) take(text);
  } catch (cause) {
    const resumed = resume(seen);
    if (resumed) return resumed;
    throw failed('the answer broke off', again, cause);
  }
  if (!report && foreign) throw noEndpoint('it answered with other JSON');
  return report ?? resume(seen) ?? Promise.reject(failed('the answer ended without a report', again));
}

function isReport(value: object): value is Report {
  return 'steps' in value && Array.isArray(value.steps) && 'ok' in value && typeof value.ok === 'boolean';
}

function line({ step, ok, seconds, detail, cdn, purgeLatency }: PublishStep): string {
  const name = cdn ? `${step} ${cdn}` : step;
  const latency = purgeLatency === undefined ? '' : `, purged after ${purgeLatency.toFixed(2)} s`;
  return `${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(18)} ${seconds.toFixed(2).padStart(7)} s  ${detail}${latency}\n`;
}

function summary({ ok, applied, layer, version, previous, revision }: PublishReport): string {
  const change = applied
    ? `${layer} is now ${version} (before: ${previous ?? 'none'}), revision ${revision}`
    : `${layer} stays at ${version}`;
  return `${change}${ok ? '' : '; not every step succeeded'}\n`;
}

const usage = (field: string, why: string, cause?: unknown) =>
  new TileCacheError(
    { code: 'INVALID_OPTION', field, message: `${field}: ${why}.`, remedy: 'See sw-tile-cache --help.' },
    { cause },
  );
