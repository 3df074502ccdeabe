import { isSecret } from '../http/check-secret';
import { readServe, SERVE_USAGE, wrong, type ServeTask } from '../serve/options';
import { startSidecar } from '../serve/start';
import type { CliEffects, ServeEffects } from './effects';

const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/** Runs the sidecar until it is stopped, and resolves with the exit code. Rejects with `INVALID_OPTION`. */
export async function runServe(
  argv: string[],
  effects: CliEffects,
  { worker, stopped }: ServeEffects,
): Promise<number> {
  const task = readServe(argv);
  if (!task) return (effects.out(SERVE_USAGE), 0);
  const token = await readToken(task, effects);
  const metricsToken = checked(effects.env.TILE_METRICS_TOKEN, 'TILE_METRICS_TOKEN');
  const log = (line: string) => effects.err(`${line}\n`);
  const sidecar = await startSidecar(task, { token, metricsToken, worker, log });
  effects.out(`serving at ${sidecar.url}, status at ${sidecar.url}/status\n`);
  if (token === undefined) log('publishing is off: set TILE_PUBLISH_TOKEN or give --token-file');
  if (token === undefined && !LOOPBACK.includes(task.host)) log('/status is open to whoever reaches this address');
  await stopped();
  await sidecar.close();
  return 0;
}

async function readToken({ tokenFile }: ServeTask, { env, readFile }: CliEffects): Promise<string | undefined> {
  if (tokenFile === undefined) return checked(env.TILE_PUBLISH_TOKEN, 'TILE_PUBLISH_TOKEN');
  const text = await readFile(tokenFile).catch(() => {
    throw wrong('--token-file', 'cannot be read');
  });
  if (text.trim() === '') throw wrong('--token-file', 'is empty');
  return checked(text, '--token-file');
}

/** Checks the token, without repeating it in the error. */
function checked(text: string | undefined, field: string): string | undefined {
  const token = text?.trim();
  if (!token) return undefined;
  if (!isSecret(token) || token.length < 16)
    throw wrong(
      field,
      'must hold one word of printable ASCII, 16 characters at least',
      'openssl rand -hex 32 makes one.',
    );
  return token;
}
