// Several tile caches of this package in one worker, none of them registered: two without an inspector, one with it,
// and one with tracing on.
import { assemble } from '../../sw/assemble';
import { inspector } from '../../sw/inspect';

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

const around = {
  scope: self.registration.scope,
  origin: self.location.origin,
  fetch: (request) => fetch(request),
  caches: self.caches,
  clients: { matchAll: async () => [] },
  subtle: crypto.subtle,
  languages: navigator.languages,
  userAgent: navigator.userAgent,
  now: Date.now,
  monotonic: () => performance.now(),
  random: Math.random,
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  onLine: () => true,
  estimate: async () => undefined,
  persisted: async () => undefined,
};
let ask;
const traced = (tools) => {
  const made = inspector()(tools);
  ask = () => made.command({ action: 'trace', limit: 1 }, undefined);
  return made;
};
const make = (more) => assemble({ layers: { kb12: {} }, ...more }, around);
const made = {
  // Stores the tiles, which the others then find.
  filler: make({}),
  without: make({}),
  again: make({}),
  'tracing-off': make({ inspect: inspector() }),
  'tracing-on': make({ inspect: traced }),
};

const requests = Array.from(
  { length: 200 },
  (_, at) => new Request(`${self.location.origin}/tiles/kb12/16/${at % 64}/${Math.floor(at / 64)}.png`),
);

/** Answers each tile `times` times. Returns microseconds per hit. */
self.hits = async (name, times) => {
  const cache = made[name];
  if (name === 'tracing-on') await ask();
  const asked = requests.map((request) => ({ request, address: cache.match(request.url), clientId: '' }));
  const from = performance.now();
  for (let turn = 0; turn < times; turn += 1) for (const one of asked) await cache.handle(one).response;
  return ((performance.now() - from) * 1000) / (times * asked.length);
};

/** Loads all tiles. Returns true if all of them were hits. */
self.areHits = async (name) => {
  const read = async (request) => {
    const { response, done } = made[name].handle({ request, address: made[name].match(request.url), clientId: '' });
    const answer = await response;
    await answer.arrayBuffer();
    await done;
    return /;\s*hit(\s*;|$)/.test(answer.headers.get('cache-status') ?? '');
  };
  return (await Promise.all(requests.map(read))).every(Boolean);
};
