import { attempt } from './env';
import { TileCacheError } from '../shared/errors';
import { nearest } from '../shared/nearest';
import type { RumOptions, TileCacheClientOptions } from './types';

/** The checked options, with absolute addresses and milliseconds. */
export interface Settings {
  serviceWorker?: string;
  registration?: RegistrationOptions;
  versions?: { url: string; interval: number; stream?: string; believeAfter: { checks: number; seconds: number } };
  rum?: RumOptions;
  timeout: number;
}

/** Checks a value. Returns what the client works with, or throws an error that names the field. */
type Check = (value: unknown, field: string) => unknown;

/**
 * Checks every option, and changes none. Throws `INVALID_OPTION`, which names the field but not its value: that may be
 * a secret.
 */
export function readOptions(options: TileCacheClientOptions, base: string): Settings {
  const url: Check = (value, field) => {
    const given = typeof value === 'string' || value instanceof URL;
    const { href, protocol } = (given && value && attempt(() => new URL(value, base))) || ({} as Partial<URL>);
    return /^http/.test(protocol ?? '') ? href : bad(field, 'an http(s) URL');
  };
  const label = text(/^[\w .:-]{1,64}$/, '1 to 64 letters, digits, spaces or . : _ -');
  const settings = shape(
    {
      serviceWorker(value, field) {
        const href = url(value, field) as string;
        return new URL(href).origin === new URL(base).origin ? href : bad(field, "a URL of the page's origin");
      },
      registration: shape({
        scope: text(/^/, 'a string'),
        type: text(/^(classic|module)$/, "'classic' or 'module'"),
        updateViaCache: text(/^(imports|all|none)$/, "'imports', 'all' or 'none'"),
      }),
      versions: shape(
        {
          url,
          interval: milliseconds(1, 86_400),
          stream: url,
          believeAfter: shape(
            { checks: number(1, Infinity), seconds: milliseconds(0, 86_400) },
            { checks: 3, seconds: 120 },
          ),
        },
        { url: undefined, interval: 60, believeAfter: {} },
      ),
      rum: shape({
        endpoint: url,
        sample: number(0, 1),
        interval: number(1, 3600),
        region: label,
        experiment: label,
        send: (value, field) => (typeof value === 'function' ? value : bad(field, 'a function')),
      }),
      timeout: milliseconds(0.1, 3600),
    },
    { timeout: 30 },
  )(options, '') as Settings;
  const { rum } = settings;
  return rum && !rum.endpoint && !rum.send ? bad('rum.endpoint', 'given', 'Give rum.endpoint or rum.send.') : settings;
}

/**
 * Checks an object that may have only these fields. `defaults` fills in missing ones; a field whose default is
 * `undefined` is required.
 */
function shape(checks: Record<string, Check>, defaults: Record<string, unknown> = {}): Check {
  return (value, field) => {
    if (typeof value !== 'object' || !value) return bad(field || 'options', 'an object');
    const result: Record<string, unknown> = {};
    const given = Object.entries(value).filter(([, part]) => part !== undefined);
    for (const [key, part] of Object.entries({ ...defaults, ...Object.fromEntries(given) })) {
      const at = field ? `${field}.${key}` : key;
      const near = /* @__PURE__ */ nearest(key, /* @__PURE__ */ Object.keys(checks));
      const check = Object.hasOwn(checks, key)
        ? checks[key]!
        : bad(
            at,
            'an option that exists',
            near ? `Did you mean ${near}?` : `Use one of ${Object.keys(checks).join(', ')}.`,
          );
      result[key] = check(part, at);
    }
    return result;
  };
}

function number(min: number, max: number): Check {
  return (value, field) =>
    typeof value === 'number' && value >= min && value <= max ? value : bad(field, `a number from ${min} to ${max}`);
}

/** Converts seconds to milliseconds. */
function milliseconds(min: number, max: number): Check {
  return (value, field) => {
    if (typeof value === 'number' && value > max && value / 1000 >= min && value / 1000 <= max)
      bad(field, `at most ${max} seconds`, `Are these milliseconds? In seconds it is ${value / 1000}.`);
    return (number(min, max)(value, field) as number) * 1000;
  };
}

function text(pattern: RegExp, must: string): Check {
  return (value, field) => (typeof value === 'string' && pattern.test(value) ? value : bad(field, must));
}

function bad(field: string, must: string, remedy?: string): never {
  throw new TileCacheError({
    code: 'INVALID_OPTION',
    field,
    message: `${field} must be ${must}.`,
    remedy: remedy ?? `Correct ${field}.`,
  });
}
