import { parseOnce } from '../util/parse-once';
import { TileCacheError } from '../../src/shared/errors';
import { audit, type AuditReport } from '../audit/audit';
import type { AuditTask } from '../audit/probe';
import type { CliEffects } from './effects';

const AUDIT_USAGE = `audit: checks a tile's URL for caching mistakes, and says what to change.
  sw-tile-cache audit <url or template> [options]
  --tile <z/x/y>         the tile to request, if the URL is a template (default: 0/0/0)
  --page <origin>        the origin of the page, if it differs from the tiles' origin: checks CORS, too
  --tags                 requires cache tags; use it if the URL is the origin's own, not an edge's
  --header <name:value>  a header to send with each request; may be repeated
  --timeout <seconds>    the time that one request may take (default: 10)
  --json                 prints only the report, as JSON
  Exit codes: 0 nothing found; 1 problems found; 2 wrong usage; 4 no answer.
`;

/**
 * Runs the audit, prints its findings, and resolves with the exit code. Rejects as `audit` does, and with
 * `INVALID_OPTION`.
 */
export async function runAudit(argv: string[], effects: Pick<CliEffects, 'out' | 'fetch'>): Promise<number> {
  const { task, json, help } = readAudit(argv);
  if (help || !task) return (effects.out(AUDIT_USAGE), 0);
  const report = await audit(task, { fetch: effects.fetch });
  effects.out(json ? `${JSON.stringify(report)}\n` : table(report));
  return report.ok ? 0 : 1;
}

function readAudit(argv: string[]): { task?: AuditTask; json: boolean; help: boolean } {
  const { values, positionals } = parse(argv);
  if (values.help) return { json: false, help: true };
  const [url, ...rest] = positionals;
  if (url === undefined || rest.length > 0) throw wrong('url', 'name one URL or template');
  const { protocol } = URL.canParse(url) ? new URL(url) : { protocol: '' };
  if (!/^https?:$/.test(protocol)) throw wrong('url', 'must be an http or https URL');
  const page = values.page;
  if (page !== undefined && !(URL.canParse(page) && new URL(page).origin === page))
    throw wrong('--page', 'must be an origin such as https://maps.example');
  const timeout = Number(values.timeout ?? 10);
  if (!(timeout > 0 && timeout <= 600)) throw wrong('--timeout', 'must be a number of seconds, 600 at most');
  return {
    json: values.json ?? false,
    help: false,
    task: {
      url,
      page,
      timeout,
      tile: readTile(values.tile),
      tags: values.tags ?? false,
      headers: readHeaders(values.header),
    },
  };
}

function readTile(text = '0/0/0'): NonNullable<AuditTask['tile']> {
  const [z, x, y] = (/^(\d{1,2})\/(\d{1,9})\/(\d{1,9})$/.exec(text) ?? []).slice(1).map(Number);
  if (z === undefined || z > 30) throw wrong('--tile', 'must be z/x/y');
  return { z, x: x!, y: y! };
}

function readHeaders(given: string[] = []): Record<string, string> {
  return Object.fromEntries(
    given.map((line) => {
      const [, name, value] = /^([\w-]{1,64}):\s*([\x20-\x7e]*)$/.exec(line) ?? [];
      // Do not repeat the value in the message: it may be a secret.
      if (name === undefined) throw wrong('--header', 'must be name:value');
      return [name.toLowerCase(), value!];
    }),
  );
}

function parse(args: string[]) {
  const one = { type: 'string' } as const;
  try {
    return parseOnce({
      args,
      allowPositionals: true,
      options: {
        tile: one,
        page: one,
        timeout: one,
        header: { type: 'string', multiple: true },
        tags: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (cause) {
    throw wrong('arguments', (cause as Error).message.split(/\.\s/)[0]!.replace(/\.$/, ''));
  }
}

/**
 * Formats the report for people: observation, consequence, remedy. Removes control characters from the server's words.
 */
function table({ url, findings, forecast }: AuditReport): string {
  const rows = findings.flatMap(({ level, code, seen, happens, cure }) => [
    `${level === 'error' ? 'ERROR  ' : 'warning'}  ${code}`,
    `         seen     ${seen}`,
    `         happens  ${happens}`,
    `         change   ${cure}`,
  ]);
  const found = findings.length === 0 ? ['nothing to change'] : rows;
  const places = Object.entries(forecast).map(([place, text]) => `${place.padEnd(7)}  ${text}`);
  return `${[url, '', ...found, '', ...places].join('\n').replace(/[^\P{Cc}\n]/gu, '·')}\n`;
}

function wrong(field: string, why: string): TileCacheError {
  return new TileCacheError({
    code: 'INVALID_OPTION',
    field,
    message: `${field}: ${why}.`,
    remedy: 'See sw-tile-cache audit --help.',
  });
}
