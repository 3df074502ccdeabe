import type { Case } from './exchange-table';

/** How old a tile is (RFC 9111 section 4.2.3). */
export const age: Case[] = [
  {
    rule: 'RFC 9111 section 4.2.3',
    says: 'the Age on arrival shortens the remaining lifetime',
    origin: { cc: 'max-age=60', headers: { age: '50' } },
    steps: [{ age: 50 }, { after: 5, age: 55, cache: { hit: true, ttl: 5 } }, { after: 10, cache: { fwd: 'stale' } }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.2.3',
    says: 'without Age, the apparent age counts',
    origin: { begin: (date) => ({ cc: 'max-age=60', headers: { date: date(-50) } }) },
    steps: [{ age: 50 }, { after: 5, age: 55, cache: { hit: true, ttl: 5 } }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 4.2.3',
    says: 'the larger of Age and apparent age counts',
    origin: { begin: (date) => ({ cc: 'max-age=600', headers: { date: date(-50), age: '100' } }) },
    steps: [{ age: 100 }, { after: 10, age: 110, cache: { hit: true, ttl: 490 } }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 4.2.3',
    says: 'a Date in the future does not make a response younger',
    origin: { begin: (date) => ({ cc: 'max-age=60', headers: { date: date(3600) } }) },
    steps: [{ age: 0 }, { after: 70, cache: { fwd: 'stale' } }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.2.3',
    says: 'without Date, the time of arrival counts',
    origin: { cc: 'max-age=60', headers: { date: null } },
    steps: [{ age: 0 }, { after: 10, age: 10, cache: { hit: true } }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 4.2.3',
    says: 'a clock that jumps ahead makes the tile stale',
    origin: { cc: 'max-age=60' },
    steps: [{}, { after: 31_536_000, cache: { fwd: 'stale' }, from: 2 }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.2.3',
    says: 'a tile is validated if the clock jumps back to before its arrival',
    origin: { cc: 'max-age=60', etag: '"a"' },
    steps: [{}, { after: -3600, from: 1, cache: { fwd: 'stale', 'fwd-status': 304 } }],
    requests: [{}, { 'if-none-match': '"a"' }],
    cross: false,
  },
];
