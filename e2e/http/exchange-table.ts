import { parseList, type InnerList, type Item } from 'structured-headers';
import { expect } from '@playwright/test';
import { advance, settle, tile, type Evaluator, type Tile, type TileInit } from '../fixtures/page';
import type { Behaviour, SeenRequest, TileServer } from '../server/tile-server';

/** The fields of our member of `Cache-Status`. */
export interface CacheStatus {
  hit?: boolean;
  fwd?: string;
  'fwd-status'?: number;
  ttl?: number;
  stored?: boolean;
  collapsed?: boolean;
  detail?: string;
}

/** A request of the page, and the response it should get. */
export interface Step {
  /** Seconds that pass before the request, on the worker's clock. */
  after?: number;
  /** The end of another tile's path, in place of the case's own. */
  tile?: string;
  get?: TileInit;
  status?: number;
  /** The `Age` header in seconds. */
  age?: number;
  /** The response has the bytes of the origin's n-th answer. */
  from?: number;
  cache?: CacheStatus;
  headers?: Record<string, string | null>;
  text?: string;
}

/** Headers that the origin should see in a request; `null` for none. */
export type Seen = Record<string, string | null>;

export interface Case {
  /** The section that requires the behaviour. */
  rule: string;
  says: string;
  /** @default 'strict' */
  layer?: string;
  /** The end of the tile's path. @default '1/0/0.png' */
  tile?: string;
  /** The origin's answers, one after the other. A function is called when the case begins. */
  origin: Behaviour | { begin: (date: DateIn) => Behaviour };
  steps: Step[];
  /** The requests that the origin should see, in order, or their number. Absent if the HTTP cache decides it. */
  requests?: number | Seen[];
  /** Whether a service worker sees the same on another origin. @default true */
  cross?: boolean;
}

/** Returns an HTTP date some seconds after the start of the test. */
export type DateIn = (seconds: number) => string;

/** Converts a date to the form of RFC 850: `Sunday, 06-Nov-94 08:49:37 GMT`. */
export function rfc850(date: string): string {
  const [, day, month, year, time] = date.split(' ');
  const weekday = new Date(date).toLocaleDateString('en-US', { weekday: 'long', timeZone: 'UTC' });
  return `${weekday}, ${day}-${month}-${year!.slice(2)} ${time} GMT`;
}

/** The source of the worker under test, with layers of every kind on both origins. */
export const tableWorker = `
  import { now } from 'test-preamble';
  import { createTileCache, presets } from 'sw-tile-cache/sw';
  const cross = new URL(location.href).searchParams.get('cross');
  // Use separate layers for the two origins, so that the tiles of one do not answer for the other.
  const layer = (name, options) => ({
    [name]: { template: '/tiles/' + name + '/*', ...options },
    ['far-' + name]: { template: cross + '/tiles/' + name + '/*', ...options },
  });
  createTileCache({
    now,
    layers: {
      ...layer('strict'),
      ...layer('kept', { staleIfError: 3600 }),
      ...layer('poi', presets.poi),
      ...layer('alerts', presets.alerts),
      ...layer('forced', { override: true, maxAge: 60, staleWhileRevalidate: 30 }),
      ...layer('opaque', { opaque: true }),
      ...layer('shared', { shareAcrossCredentials: true }),
      ...layer('anyone', { ignoreVary: ['Cookie'] }),
      ...layer('images', { accept: ['image/*'] }),
      ...layer('quick', { timeout: 0.7, staleIfError: 3600 }),
    },
  }).register({ skipWaiting: true, claim: true });
`;

/**
 * Parses our member of `Cache-Status`, which is the last one. Checks that it does not contain both `hit` and `fwd` (RFC
 * 9211 section 2.1).
 */
export function cacheStatus(answer: Tile): CacheStatus {
  const list = parseList(answer.headers['cache-status'] ?? '');
  const [name, parameters] = list.at(-1) as Item | InnerList;
  expect(String(name)).toBe('sw-tile-cache');
  const members = Object.fromEntries(
    [...parameters].map(([key, value]) => [key, typeof value === 'object' ? String(value) : value]),
  );
  expect(members['hit'] === true && 'fwd' in members, `hit beside fwd: ${answer.headers['cache-status']}`).toBe(false);
  return members as CacheStatus;
}

function checkStep(answer: Tile, step: Step, path: string, where: string): void {
  const told = `${where}: ${answer.status} ${answer.error ?? ''} ${JSON.stringify(answer.headers)}`;
  if (step.status !== undefined) expect(answer.status, told).toBe(step.status);
  if (step.age !== undefined) expect(answer.headers['age'], `${told}: Age`).toBe(`${step.age}`);
  if (step.from !== undefined) expect(answer.label, told).toBe(`${path}#${step.from}`);
  if (step.text !== undefined) expect(answer.text, told).toBe(step.text);
  for (const [name, value] of Object.entries(step.headers ?? {}))
    expect(answer.headers[name] ?? null, `${told}: ${name}`).toBe(value);
  if (!step.cache) return;
  const actual = cacheStatus(answer);
  for (const [name, value] of Object.entries(step.cache)) {
    expect(actual[name as keyof CacheStatus] ?? false, `${told}: ${name}`).toBe(value);
  }
}

function checkRequests(seen: SeenRequest[], wanted: number | Seen[]): void {
  const told = seen.map(({ method, url, headers }) => `${method} ${url} ${JSON.stringify(headers)}`).join('\n');
  expect(seen.length, told).toBe(typeof wanted === 'number' ? wanted : wanted.length);
  if (typeof wanted === 'number') return;
  wanted.forEach((headers, index) => {
    for (const [name, value] of Object.entries(headers))
      expect(seen[index]!.headers[name] ?? null, `request ${index + 1}: ${name}\n${told}`).toBe(value);
  });
}

/** Runs a case on a page that the worker controls. */
export async function play(page: Evaluator, server: TileServer, test: Case, cross: boolean): Promise<void> {
  const folder = `/tiles/${test.layer ?? 'strict'}/`;
  const own = folder + (test.tile ?? '1/0/0.png');
  const { origin } = test;
  const start = server.clock;
  server.on(
    own,
    'begin' in origin ? origin.begin((seconds) => new Date(start + seconds * 1000).toUTCString()) : origin,
  );
  for (const [index, step] of test.steps.entries()) {
    const path = step.tile === undefined ? own : folder + step.tile;
    if (step.after) await advance(page, server, step.after);
    const answer = await tile(page, (cross ? server.crossUrl : '') + path, step.get);
    await settle(page);
    checkStep(answer, step, path.replace(/\?.*/, ''), `step ${index + 1}`);
  }
  if (cross)
    expect(
      server.requests().filter(({ method }) => method === 'OPTIONS'),
      'a preflight',
    ).toEqual([]);
  if (test.requests === undefined) return;
  // Across origins, compare only the number: there, the HTTP cache sets the conditional headers from its own copy.
  const seen = server.requests(own);
  checkRequests(seen, cross && typeof test.requests !== 'number' ? test.requests.length : test.requests);
}
