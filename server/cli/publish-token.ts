import { isSecret } from '../http/check-secret';
import type { CliEffects } from './effects';
import { usage } from './usage-error';

/** Reads the token from a file or the environment. Throws `INVALID_OPTION`, without repeating the token. */
export async function readToken(
  tokenFile: string | undefined,
  { env, readFile }: Pick<CliEffects, 'env' | 'readFile'>,
): Promise<string> {
  const token = (
    tokenFile === undefined
      ? env.TILE_PUBLISH_TOKEN
      : await readFile(tokenFile).catch((cause: unknown) => {
          throw usage('--token-file', 'cannot be read', cause);
        })
  )?.trim();
  if (!token) throw usage('token', 'set TILE_PUBLISH_TOKEN or give --token-file');
  if (!isSecret(token)) throw usage('token', 'must be one word of printable ASCII');
  return token;
}
