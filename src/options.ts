import { attempt } from './env';
import { TileCacheError } from './shared/errors';
import type { RumOptions, TileCacheClientOptions } from './types';

/** Checked options: absolute addresses, milliseconds. */
export interface Settings {
  script: string | undefined;
  registration: RegistrationOptions | undefined;
  versions: { url: string; interval: number; stream: string | undefined } | undefined;
  /** Checked; `endpoint` made absolute. */
  rum: RumOptions | undefined;
  timeout: number;
}

const HOUR = 3600;

/** Checks every option, changing nothing. Throws `INVALID_OPTION` with the field named, never its value: it may hold a secret. */
export function readOptions(options: TileCacheClientOptions, base: string): Settings {
  const all = record(options, 'options', ['serviceWorker', 'registration', 'versions', 'rum', 'timeout']);
  const { serviceWorker, registration, versions, rum, timeout } = all as TileCacheClientOptions;
  const script = serviceWorker === undefined ? undefined : address(serviceWorker, 'serviceWorker', base);
  if (script && new URL(script).origin !== new URL(base).origin) bad('serviceWorker', "a URL of the page's own origin");
  return {
    script,
    registration: registration && checkRegistration(registration),
    versions: versions === undefined ? undefined : checkVersions(versions, base),
    rum: rum === undefined ? undefined : checkRum(rum, base),
    timeout: seconds(timeout ?? 30, 'timeout', 0.1, HOUR),
  };
}

function checkVersions(value: unknown, base: string): Settings['versions'] {
  const { url, interval, stream } = record(value, 'versions', ['url', 'interval', 'stream']);
  return {
    url: address(url, 'versions.url', base),
    interval: seconds(interval ?? 60, 'versions.interval', 1, 24 * HOUR),
    stream: stream === undefined ? undefined : address(stream, 'versions.stream', base),
  };
}

function checkRum(value: unknown, base: string): RumOptions {
  const rum = record(value, 'rum', ['endpoint', 'sample', 'interval', 'region', 'send']) as RumOptions;
  const { endpoint, send, region } = rum;
  if (endpoint === undefined && send === undefined) bad('rum.endpoint', 'a URL, or give `rum.send`');
  if (send !== undefined && typeof send !== 'function') bad('rum.send', 'a function');
  if (region !== undefined && !(typeof region === 'string' && /^[\w .:-]{1,64}$/.test(region))) {
    bad('rum.region', '1 to 64 letters, digits or . : _ -');
  }
  if (rum.sample !== undefined) number(rum.sample, 'rum.sample', 0, 1);
  if (rum.interval !== undefined) number(rum.interval, 'rum.interval', 1, HOUR);
  return endpoint === undefined ? rum : { ...rum, endpoint: address(endpoint, 'rum.endpoint', base) };
}

function checkRegistration(value: unknown): RegistrationOptions {
  const { scope, type, updateViaCache } = record(value, 'registration', ['scope', 'type', 'updateViaCache']);
  if (scope !== undefined && typeof scope !== 'string') bad('registration.scope', 'a string');
  oneOf(type, 'registration.type', ['classic', 'module']);
  oneOf(updateViaCache, 'registration.updateViaCache', ['imports', 'all', 'none']);
  return value as RegistrationOptions;
}

function record(value: unknown, field: string, known: string[]): Record<string, unknown> {
  if (typeof value !== 'object' || !value) return bad(field, 'an object');
  const stranger = Object.keys(value).find((key) => !known.includes(key));
  if (stranger !== undefined) bad(field === 'options' ? stranger : `${field}.${stranger}`, `one of ${known}`);
  return value as Record<string, unknown>;
}

function address(value: unknown, field: string, base: string): string {
  const url = (typeof value === 'string' && value) || value instanceof URL ? attempt(() => new URL(value, base)) : undefined;
  return url && /^https?:$/.test(url.protocol) ? url.href : bad(field, 'an http(s) URL');
}

const seconds = (value: unknown, field: string, min: number, max: number) => number(value, field, min, max) * 1000;

function number(value: unknown, field: string, min: number, max: number): number {
  return typeof value === 'number' && value >= min && value <= max ? value : bad(field, `a number from ${min} to ${max}`);
}

function oneOf(value: unknown, field: string, words: string[]): void {
  if (value !== undefined && !words.includes(value as string)) bad(field, `one of ${words}`);
}

function bad(field: string, must: string): never {
  throw new TileCacheError({ code: 'INVALID_OPTION', field, message: `${field} must be ${must}.`, remedy: `Correct ${field}.` });
}
