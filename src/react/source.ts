import { createTileCacheClient } from '../client/client';
import { TileCacheError } from '../shared/errors';
import { isRecord, refuse, refuseUnknown } from '../shared/validate';
import type { ClientSource } from './store';
import type { UseTileCacheOptions } from './types';

/** Seconds between two updates of the ages, by default. */
const AGE_INTERVAL = 30;

/** Returns the source of a store's client. Throws `INVALID_OPTION`. */
export function sourceOf(given: UseTileCacheOptions): ClientSource {
  if (!isRecord(given)) refuse('INVALID_OPTION', 'options', 'an object');
  const { ageInterval = AGE_INTERVAL, ...options } = given as UseTileCacheOptions;
  if (typeof ageInterval !== 'number' || !(ageInterval >= 0 && ageInterval <= 86_400))
    throw new TileCacheError({
      code: 'INVALID_OPTION',
      field: 'ageInterval',
      message: 'ageInterval must be a number of seconds from 0 to 86400.',
      remedy: 'Pass the seconds after which components render growing ages again, or leave it out.',
    });
  if (!('client' in options)) return { open: () => createTileCacheClient(options), owned: true, ageInterval };
  const { client } = options;
  refuseUnknown(options, { client: true });
  return { open: () => Promise.resolve(client), owned: false, ageInterval };
}
