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
    says: 'names of directives have no case',
    origin: { cc: 'MAX-AGE=60, Must-Revalidate' },
    steps: [{}, { after: 10, ...fresh }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.2',
    says: 'No-Store in any case forbids storing',
    origin: { cc: 'No-STORE, max-age=60' },
    steps: [{ cache: { stored: false } }, { from: 2 }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 5.2',
    says: 'an argument may be quoted',
    origin: { cc: 'max-age="60"' },
    steps: [{}, { after: 10, ...fresh }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.2',
    says: 'a quoted string hides what looks like a directive',
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
    says: 'of two values the first counts',
    origin: { cc: 'max-age=20, max-age=600' },
    steps: [{}, { after: 10, ...fresh }, { after: 20, ...asked }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 4.2.1',
    says: 'a bad number is stale at once',
    origin: { cc: 'max-age=60s' },
    steps: [{}, { ...asked, from: 2 }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 1.2.2',
    says: 'a number too large is a very long time',
    origin: { cc: 'max-age=99999999999999999999' },
    steps: [{}, { after: 31_536_000, ...fresh }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.1',
    says: 'of several ages the first counts',
    origin: { cc: 'max-age=60', headers: { age: '30, 600' } },
    steps: [{ age: 30 }, { after: 10, age: 40, ...fresh }, { after: 25, ...asked }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 5.1',
    says: 'an age that is no number is ignored',
    origin: { cc: 'max-age=60', headers: { age: '-600' } },
    steps: [{ age: 0 }, { after: 10, age: 10, ...fresh }],
    requests: 1,
  },
  {
    rule: 'RFC 9111 section 5.3',
    says: 'Expires less Date is the lifetime',
    origin: { begin: (date) => ({ headers: { date: date(0), expires: date(60) } }) },
    steps: [{}, { after: 30, ...fresh }, { after: 40, ...asked }],
    requests: 2,
  },
  {
    rule: 'RFC 9111 section 5.3',
    says: 'an invalid Expires, "0" above all, is in the past',
    origin: { headers: { expires: '0' } },
    steps: [{}, { ...asked, from: 2 }],
    requests: 2,
  },
  {
    rule: 'RFC 9110 section 5.6.7',
    says: 'the obsolete form of a date is read',
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
    says: 's-maxage is not for a private cache',
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
