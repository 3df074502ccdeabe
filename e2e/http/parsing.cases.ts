import { rfc850, type Case } from './exchange-table';

const fresh = { cache: { hit: true }, from: 1 } as const;
const asked = { cache: { fwd: 'stale' } } as const;

/** How header fields are read. */
export const parsing: Case[] = [
  {
    rule: 'RFC 9111 section 5.2.2.1',
    says: 'max-age: a fresh tile causes no request',
    origin: { cc: 'max-age=60' },
    steps: [
      { status: 200, from: 1, age: 0, cache: { fwd: 'uri-miss', stored: false } },
      { after: 10, status: 200, from: 1, age: 10, cache: { hit: true, ttl: 50 } },
    ],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.2',
    says: 'directive names are case-insensitive',
    origin: { cc: 'MAX-AGE=60, Must-Revalidate' },
    steps: [{}, { after: 10, ...fresh }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.2',
    says: 'No-Store forbids storing, whatever its case',
    origin: { cc: 'No-STORE, max-age=60' },
    steps: [{ cache: { stored: false } }, { from: 2 }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 5.2',
    says: 'the argument of a directive may be quoted',
    origin: { cc: 'max-age="60"' },
    steps: [{}, { after: 10, ...fresh }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.2',
    says: 'a directive inside a quoted string is ignored',
    origin: { cc: 'extension="a, no-store, max-age=1", max-age=60' },
    steps: [{}, { after: 10, ...fresh }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.2.3',
    says: 'unknown directives are ignored',
    origin: { cc: 'x-no-store, community="UCI", max-age=60' },
    steps: [{}, { after: 10, ...fresh }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 4.2.1',
    says: 'of two max-age directives, the first counts',
    origin: { cc: 'max-age=20, max-age=600' },
    steps: [{}, { after: 10, ...fresh }, { after: 20, ...asked }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.2.1',
    says: 'an invalid max-age makes the response stale at once',
    origin: { cc: 'max-age=60s' },
    steps: [{}, { ...asked, from: 2 }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 1.2.2',
    says: 'a max-age that is too large counts as a very long time',
    origin: { cc: 'max-age=99999999999999999999' },
    steps: [{}, { after: 31_536_000, ...fresh }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.1',
    says: 'of several Age values, the first counts',
    origin: { cc: 'max-age=60', headers: { age: '30, 600' } },
    steps: [{ age: 30 }, { after: 10, age: 40, ...fresh }, { after: 25, ...asked }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 5.1',
    says: 'an Age that is not a number is ignored',
    origin: { cc: 'max-age=60', headers: { age: '-600' } },
    steps: [{ age: 0 }, { after: 10, age: 10, ...fresh }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.3',
    says: 'the lifetime is Expires minus Date',
    origin: { begin: (date) => ({ headers: { date: date(0), expires: date(60) } }) },
    steps: [{}, { after: 30, ...fresh }, { after: 40, ...asked }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 5.3',
    says: 'an invalid Expires, such as "0", is in the past',
    origin: { headers: { expires: '0' } },
    steps: [{}, { ...asked, from: 2 }],
    requests: 2,
  },
  {
    rule: 'RFC 9110 section 5.6.7',
    says: 'dates in the obsolete RFC 850 format are understood',
    origin: { begin: (date) => ({ headers: { date: date(0), expires: rfc850(date(60)) } }) },
    steps: [{}, { after: 30, ...fresh }, { after: 40, ...asked }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 5.3',
    says: 'max-age wins over Expires',
    origin: { begin: (date) => ({ cc: 'max-age=60', headers: { expires: date(-60) } }) },
    steps: [{}, { after: 10, ...fresh }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.2.2.10',
    says: 's-maxage does not apply to a private cache',
    origin: { cc: 's-maxage=0, max-age=60' },
    steps: [{}, { after: 10, ...fresh }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.2.2.10',
    says: 's-maxage alone makes nothing fresh',
    origin: { cc: 's-maxage=600' },
    steps: [{}, { ...asked, from: 2 }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 5.5',
    says: 'Warning is ignored',
    origin: { cc: 'max-age=60', headers: { warning: '110 - "Response is Stale"' } },
    steps: [{}, { after: 10, ...fresh }],
    requests: 1,
  },
];
