// Faults made by hand, each of which some test has to notice. `find` stands exactly once in its file.

const http = ['test/sw/http'];
const request = ['test/sw/request'];
const ledger = ['test/sw/ledger', 'test/sw/request', 'test/sw/model'];

export const mutants = [
  {
    name: 'a stored tile is fresh one second longer than its lifetime',
    file: 'sw/policy/decide.ts',
    find: 'if (state.ttl > 0) return respond(false);',
    replace: 'if (state.ttl >= 0) return respond(false);',
    tests: http,
  },
  {
    name: 'stale-while-revalidate has no end',
    file: 'sw/policy/decide.ts',
    find: 'const inWindow = isWithin(state.staleness, freshness.staleWhileRevalidate);',
    replace: 'const inWindow = freshness.staleWhileRevalidate > 0;',
    tests: http,
  },
  {
    name: 'a client that names a max-age gets stale tiles',
    file: 'sw/policy/decide.ts',
    find: '} else if (inWindow && request.maxAge === undefined) {',
    replace: '} else if (inWindow) {',
    tests: http,
  },
  {
    name: 'no-cache is overruled when the network is gone',
    file: 'sw/policy/decide.ts',
    find: '  if (freshness.neverStale) return false;\n  // Disconnected',
    replace: '  // Disconnected',
    tests: http,
  },
  {
    name: 'a version confirms tiles whose origin wants its own validation',
    file: 'sw/policy/decide.ts',
    find: 'confirmed !== undefined && !freshness.neverStale && ',
    replace: 'confirmed !== undefined && ',
    tests: [...http, ...request],
  },
  {
    name: 'a response is as young as it says, however long it took',
    file: 'sw/http/freshness.ts',
    find: 'ageValue(headers) + Math.max(0, responseAt - requestAt) / 1000',
    replace: 'ageValue(headers)',
    tests: http,
  },
  {
    name: 'an invalid Expires counts from now',
    file: 'sw/http/freshness.ts',
    find: 'parseHttpDate(expires, stored.responseAt) ?? 0;',
    replace: 'parseHttpDate(expires, stored.responseAt) ?? stored.responseAt + 60_000;',
    tests: http,
  },
  {
    name: 'a 304 leaves the stored Content-Length to the transfer’s',
    file: 'sw/http/validators.ts',
    find: 'const NOT_UPDATED = /^content-(length|encoding|range)$/;',
    replace: 'const NOT_UPDATED = /^content-(encoding|range)$/;',
    tests: [...http, ...request],
  },
  {
    name: 'a rule covers what was fetched after it',
    file: 'sw/ledger/rules.ts',
    find: 'if (epoch >= rule.epoch || ',
    replace: 'if (epoch > rule.epoch || ',
    tests: ledger,
  },
  {
    name: 'a second purge of the same box leaves the weaker rule in force',
    file: 'sw/ledger/rules.ts',
    find: 'const STRENGTH: Record<RuleMode, number> = { version: 1, stale: 2, purge: 3 };',
    replace: 'const STRENGTH: Record<RuleMode, number> = { version: 1, stale: 3, purge: 2 };',
    tests: ledger,
  },
  {
    name: 'bytes written under a lost ledger are trusted',
    file: 'sw/ledger/verdict.ts',
    find: 'if (meta.ledger !== state.id)',
    replace: 'if (meta.ledger === state.id && false)',
    tests: ledger,
  },
  {
    name: 'a clearing reaches no partition',
    file: 'sw/ledger/verdict.ts',
    find: '...(partition ? [`partition:${partition}`, `layer:${layer}:${partition}`] : [])',
    replace: '...(partition ? [] : [])',
    tests: ledger,
  },
  {
    name: 'a confirmation out of the future proves a tile fresh',
    file: 'sw/ledger/verdict.ts',
    find: 'if (confirmedAt === undefined || confirmedAt > now) return undefined;',
    replace: 'if (confirmedAt === undefined) return undefined;',
    tests: ledger,
  },
  {
    name: 'the HTTP cache beneath answers after a purge',
    file: 'sw/ledger/verdict.ts',
    find: '    everCovered(record.rules, ',
    replace: '    false && everCovered(record.rules, ',
    tests: [...ledger, 'test/sw/policy'],
  },
  {
    name: 'the HTTP cache beneath answers after a switch of versions',
    file: 'sw/ledger/verdict.ts',
    find: '    record.since > 0 ||\n',
    replace: '',
    tests: [...ledger, 'test/sw/policy'],
  },
  {
    name: 'an older answer overwrites a newer one',
    file: 'sw/origin/tile-writer.ts',
    find: 'if (isLater(replaced, tile, now())) return false;',
    replace: '',
    tests: request,
  },
  {
    name: 'a slot is free while its body is still read',
    file: 'sw/origin/limiter.ts',
    find: 'void (until ?? Promise.resolve()).then(free, free);',
    replace: 'free();',
    tests: ['test/sw/origin', ...request],
  },
  {
    name: 'one failing address is a dead network',
    file: 'sw/origin/health.ts',
    find: 'export const SEVERAL = 3;',
    replace: 'export const SEVERAL = 1;',
    tests: ['test/sw/origin', ...request],
  },
];
