import {
  flag,
  integer,
  isRecord,
  list,
  readVersion,
  record,
  refuse,
  rule,
  text,
  word,
  type Read,
} from '../src/shared/validate';
import type { ClientOrders } from '../src/shared/manifest';
import { readFixedOrders } from './versions/fixed-orders';
import { type CorsOptions, readCorsOrigins } from './http/cors';
import { checkSecret } from './http/check-secret';
import type { MetricsOptions } from './rum/metrics-handler';
import { able, callable, CODE, endlessSeconds, number } from './util/option-readers';
import { readHooks } from './hooks/hook-options';
import { readLayers } from './layers/layer-options';
import type { Purger } from './purge/purger';
import type { StreamOptions } from './versions/stream-handler';
import type { OriginPaths, TileOriginOptions } from './origin-types';
import type { ReadyOptions } from './publish/ready';
import type { VerifyOptions } from './publish/verify-types';
import type { VersionsOptions } from './versions/versions-handler';

type Given<K extends keyof TileOriginOptions> = NonNullable<TileOriginOptions[K]>;

const count = integer(1);
/** Reads a count that may be infinite. */
const limit = number(1, Infinity, '1 or more');
/** Reads an interval. A longer one would make a timer fire at once. */
const interval = rule<number>(
  (value) => typeof value === 'number' && value > 0 && value <= 86_400,
  'above 0, 86400 seconds at most',
);
const path = text(/^\/[^?#\s]*$/, "a path such as '/api/publish'");

const secret: Read<string> = (value, field, code) => {
  if (typeof value !== 'string') return refuse(code, field, 'a string');
  checkSecret(value, field);
  return value;
};

const purger: Read<Purger> = (value, field, code) =>
  isRecord(value) && typeof value.name === 'string'
    ? able<Purger>('a purger', 'purge')(value, field, code)
    : refuse(code, field, 'a purger, with name and purge');

const verify = record<VerifyOptions>(
  {
    samples: count,
    limit: endlessSeconds,
    timeout: endlessSeconds,
    edgeStatus: callable(),
    headers: rule(
      (value) => isRecord(value) && Object.values(value).every((each) => typeof each === 'string'),
      'headers by name',
    ),
    allowUnproven: flag,
    allowGone: flag,
  },
  CODE,
);

const publish = record<Given<'publish'>>(
  {
    token: (value, field, code) => {
      const token = secret(value, field, code);
      return token.length >= 16
        ? token
        : refuse(code, field, 'at least 16 characters long', 'Make one with openssl rand -hex 32.');
    },
    purgers: list(purger, 0, 1000),
    maxPurgeUrls: number(0, Infinity, '0 or more'),
    verify: (value, field, code) => (value === false ? false : verify(value, field, code)),
    ready: (value, field, code) =>
      value === false ? false : record<ReadyOptions>({ timeout: endlessSeconds }, CODE)(value, field, code),
    onClear: callable(),
    makeVersion: callable(),
    answerWithin: number(0, Infinity, '0 or more seconds (or Infinity)'),
    unknownLayers: word('accept', 'refuse'),
  },
  CODE,
);

const rateLimit = record<NonNullable<Given<'rum'>['rateLimit']>>(
  {
    burst: limit,
    perSecond: rule((value) => Number.isFinite(value) && (value as number) > 0, 'finite, above 0'),
  },
  CODE,
);

const rum = record<Given<'rum'>>(
  {
    origins: list(
      rule<string>((value) => typeof value === 'string', "an origin such as 'https://maps.example'"),
      0,
      1000,
    ),
    rateLimit: (value, field, code) => {
      const given = rateLimit(value, field, code);
      // Require both fields: with one alone, nobody could tell the other from the options.
      for (const name of ['burst', 'perSecond'] as const)
        if (given[name] === undefined) refuse(code, `${field}.${name}`, 'given');
      return given;
    },
    addressOf: callable(),
    maxIds: limit,
    kiosks: list(text(/^[\w .:-]{1,64}$/, 'a name of 1 to 64 letters, digits, spaces or . : _ -'), 0, 1000),
    experiments: list(text(/^[\w .:-]{1,64}$/, 'a name of 1 to 64 letters, digits, spaces or . : _ -'), 0, 10),
    regions: list(text(/^.{1,64}$/u, 'a name of 1 to 64 characters'), 0, 1000),
    clientWindow: endlessSeconds,
  },
  CODE,
);

/** Reads orders. Checks fixed orders at once; a function's orders are checked for each answer. */
const readClient: Read<NonNullable<VersionsOptions['client']>> = (value, field, code) =>
  typeof value === 'function' ? (value as () => ClientOrders | undefined) : readFixedOrders(value, field, code);

const cors = record<CorsOptions>({ origins: readCorsOrigins, maxAge: integer(0, 86_400) }, CODE);

const read = record<TileOriginOptions>(
  {
    layers: readLayers,
    store: able('a version store', 'read', 'update', 'watch', 'close'),
    publish: (value, field, code) => {
      const given = publish(value, field, code);
      return given.token === undefined ? refuse(code, `${field}.token`, 'given') : given;
    },
    hooks: (value, field, code) => readHooks(value, field, code, secret),
    versions: record<VersionsOptions>({ sharedMaxAge: integer(0), epoch: readVersion, client: readClient }, CODE),
    stream: record<StreamOptions>(
      {
        maxClients: limit,
        maxPerAddress: limit,
        addressOf: callable(),
        maxQueuedBytes: limit,
        heartbeat: interval,
        retry: interval,
      },
      CODE,
    ),
    rum,
    metrics: record<MetricsOptions>(
      { registry: able('a registry of prom-client', 'registerMetric', 'metrics'), token: secret },
      CODE,
    ),
    cors: (value, field, code) => {
      const given = cors(value, field, code);
      return given.origins === undefined ? refuse(code, `${field}.origins`, 'given') : given;
    },
    paths: record<Partial<OriginPaths>>(
      { versions: path, stream: path, publish: path, rum: path, metrics: path, hooks: path },
      CODE,
    ),
    layerOf: callable(),
    fetch: callable(),
    now: callable(),
    sleep: callable(),
  },
  CODE,
);

/**
 * Throws `INVALID_OPTION`, which names the field. Refuses unknown fields, because with a mistyped `purgers` no CDN
 * would be purged, without any sign of it.
 */
export function checkOriginOptions(options: TileOriginOptions): void {
  if (!isRecord(options)) refuse(CODE, 'options', 'an object');
  read(options, '', CODE);
}
