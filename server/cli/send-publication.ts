import { checkAnswer, noEndpoint, refusalOf } from './answer';
import type { CliEffects } from './effects';
import { FAILED, OK, REFUSED, STEP_FAILED } from './exit-codes';
import { failed } from '../util/failed';
import { noAnswer } from '../util/no-answer';
import { type Ask, followJob, jobUrl, type Report } from './follow-job';
import type { CliCommand } from './options';
import { sentences, wordsOf } from './words';
import type { PublishReport, PublishStep } from '../publish/publish';

/** The URL of a publication's endpoint, and how to report on it. */
export type Destination = Pick<Extract<CliCommand, { command: 'publish' }>, 'url' | 'timeout' | 'json'>;

/**
 * Sends a publication, follows it to its end, and resolves with the exit code. Rejects with `NETWORK_FAILED` if the
 * outcome is unknown.
 */
export async function sendPublication(
  command: Destination,
  body: object,
  token: string,
  effects: CliEffects,
): Promise<number> {
  const again = (body as { id?: unknown }).id === undefined ? 'Publish again.' : 'Publish again with the same id.';
  let job: URL | undefined;
  // An interrupt ends the command, but not the publication at the origin.
  const stop = effects.onInterrupt?.(() =>
    effects.err(
      `${job ? `The publication continues at the origin: ${job.href}` : `It may continue at the origin. ${again}`}\n`,
    ),
  );
  try {
    const response = await post(command, body, token, effects, again);
    if (response.status >= 300) {
      effects.err(`${await refusalOf(response)}\n`);
      return response.status < 500 ? REFUSED : FAILED;
    }
    checkAnswer(response);
    job = jobUrl(response, response.status === 202 ? 'location' : 'content-location', command.url);
    const deadline = Date.now() + command.timeout * 1000;
    const report = await reportOf(response, job, { effects, token, again, deadline, sleep: effects.sleep }, (step) => {
      if (!command.json) effects.out(line(step));
    });
    return tell(report, command.json === true, effects);
  } finally {
    stop?.();
  }
}

function post(
  { url, timeout }: Destination,
  body: object,
  token: string,
  { fetch }: CliEffects,
  again: string,
): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    body: JSON.stringify(body),
    // The token goes nowhere but to the address that was named.
    redirect: 'manual',
    signal: AbortSignal.timeout(timeout * 1000),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept: 'application/x-ndjson' },
  }).catch((cause: unknown) => {
    throw failed('the origin did not answer', again, cause);
  });
}

function reportOf(
  response: Response,
  job: URL | undefined,
  ask: Ask,
  told: (step: PublishStep) => void,
): Promise<Report> {
  if (response.status === 202) return followJob(job, ask, told);
  return follow(response, ask.again, told, (seen) => {
    // If an edge or the network breaks the connection, the publication continues: follow its job.
    let skipped = 0;
    return job && followJob(job, ask, (step) => void (skipped++ < seen || told(step)));
  });
}

function tell(report: Report, asJson: boolean, effects: CliEffects): number {
  if (asJson) effects.out(`${JSON.stringify(report)}\n`);
  else if (report.error === undefined) effects.out(summary(report));
  if (report.error !== undefined) effects.err(`${sentences('The origin failed', wordsOf(report.error))}\n`);
  if (report.ok === true) return OK;
  return report.steps?.some(({ step, ok }) => (step === 'announce' || step === 'ready') && !ok) || !report.steps
    ? FAILED
    : STEP_FAILED;
}

/** Reads the lines as they arrive. The last one is the report. */
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
    if (value.report) report = checked(value.report);
    // An origin that does not stream lines sends only the report.
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
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      const rows = (text + decoder.decode(chunk, { stream: true })).split('\n');
      text = rows.pop()!;
      rows.filter(Boolean).forEach(take);
    }
    if (text.trim()) take(text);
  } catch (cause) {
    const resumed = resume(seen);
    if (resumed) return resumed;
    const late = noAnswer(cause).kind === 'timeout';
    throw failed(late ? 'the publication did not end' : 'the answer broke off', again, cause);
  }
  if (!report && foreign) throw noEndpoint('it answered with other JSON');
  return report ?? resume(seen) ?? Promise.reject(failed('the answer ended without a report', again));
}

function isReport(value: object): value is Report {
  const { ok, layer, steps } = value as Partial<Report>;
  return typeof ok === 'boolean' && typeof layer === 'string' && Array.isArray(steps) && steps.every(Boolean);
}

/**
 * Checks the report. Throws if it is neither a report nor an error, because then nothing shows that something was
 * published.
 */
function checked(report: Report): Report {
  if (isReport(report) || (report as Partial<Report>).error !== undefined) return { ...report, ok: report.ok === true };
  throw new TypeError('no report');
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
