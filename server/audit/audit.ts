import * as body from './checks/body';
import * as cors from './checks/cors';
import * as edge from './checks/edge';
import * as lifetime from './checks/lifetime';
import * as missing from './checks/missing';
import { terms } from './checks/terms';
import * as validators from './checks/validators';
import * as vary from './checks/vary';
import type { Check, Finding } from './finding';
import { type Forecast, forecast } from './forecast';
import { refuse, refuseUnknown } from '../../src/shared/validate';
import { type AuditTask, type Evidence, fill, type FullTask, probe } from './probe';

/** The report of an audit. */
export interface AuditReport {
  /** The audited URL without its query, which may contain a secret. */
  url: string;
  /** Whether the audit found nothing. */
  ok: boolean;
  /** The findings, each with its remedy. */
  findings: Finding[];
  /** How long each cache will keep the tile. */
  forecast: Forecast;
}

const { notATile, falseCoding, ...bodies } = body;
const CHECKS: readonly Check[] = [lifetime, validators, vary, bodies, missing, edge, cors].flatMap((group) =>
  Object.values(group as Record<string, Check>),
);

/** Returns everything that is wrong with the evidence, errors first. Pure. */
export function judge(evidence: Evidence): Finding[] {
  const none = notATile(evidence) ?? falseCoding(evidence);
  // The headers of an error page say nothing about tiles.
  const found = none ? [none] : CHECKS.flatMap((check) => check(evidence) ?? []);
  return [...found, ...(terms(evidence) ? [terms(evidence)!] : [])].sort(
    (a, b) => Number(a.level === 'warning') - Number(b.level === 'warning'),
  );
}

const DEFAULTS: Omit<FullTask, 'url' | 'page'> = { tile: { z: 0, x: 0, y: 0 }, tags: false, headers: {}, timeout: 10 };

/**
 * Audits a tile's URL for caching mistakes. Rejects with `NETWORK_FAILED` if nothing answers, and with `INVALID_OPTION` for
 * an invalid URL or an unknown option.
 */
export async function audit(
  task: AuditTask,
  { fetch = globalThis.fetch, now = Date.now }: { fetch?: typeof globalThis.fetch; now?: () => number } = {},
): Promise<AuditReport> {
  refuseUnknown(task, { ...DEFAULTS, url: true, page: true } satisfies Record<keyof AuditTask, unknown>);
  const full: FullTask = { ...DEFAULTS, ...task };
  if (!/^https?:/i.test(full.url) || !URL.canParse(fill(full.url, full.tile)))
    refuse('INVALID_OPTION', 'url', 'an http or https URL');
  const evidence = await probe(full, fetch, now);
  const findings = judge(evidence);
  const { origin, pathname, search } = evidence.url;
  return {
    url: `${origin}${pathname}${search && '?…'}`,
    ok: findings.length === 0,
    findings,
    forecast: forecast(evidence),
  };
}
