/**
 * Parses a `Cache-Control` header into directives, with names in lower case. Of a repeated directive, the first one
 * counts (RFC 9111 section 4.2.1).
 */
export function directives(header: string | null): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, quoted, plain] of (header ?? '').matchAll(
    /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?/g,
  )) {
    const key = name!.toLowerCase();
    if (!found.has(key)) found.set(key, quoted ?? plain ?? '');
  }
  return found;
}

/** Returns the seconds of a directive, or `undefined` if it is absent or not a number. */
export function seconds(found: Map<string, string>, name: string): number | undefined {
  const value = found.get(name);
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** Directives whose value is a number of seconds. */
const TIMED = ['max-age', 's-maxage', 'stale-while-revalidate', 'stale-if-error'];
const KNOWN = [
  ...TIMED,
  ...['public', 'private', 'no-store', 'no-cache', 'no-transform', 'immutable'],
  ...['must-revalidate', 'proxy-revalidate', 'must-understand'],
];
/** Returns the letters of a name, because people replace or omit hyphens. */
const letters = (name: string) => name.toLowerCase().replace(/[^a-z]/g, '');

/** Splits a header at commas outside of quotes. */
const membersOf = (header: string | null) =>
  ((header ?? '').match(/(?:"[^"]*"|[^,"])+/g) ?? []).map((member) => member.trim());

/**
 * Returns members that caches do not understand and so ignore: `max-age=1h`, `max-age: 60`, `public; max-age=60`,
 * `maxage=60`.
 */
export function unreadable(header: string | null): string[] {
  return membersOf(header).filter((member) => {
    const [, name, value] = /^([\w!#$%&'*+.^`|~-]+)(?:=("[^"]*"|[\w!#$%&'*+.^`|~-]+))?$/.exec(member) ?? [];
    if (name === undefined) return member !== '';
    const known = KNOWN.includes(name.toLowerCase());
    if (TIMED.includes(name.toLowerCase())) return !/^\d+$/.test(value ?? '');
    return !known && KNOWN.some((each) => letters(each) === letters(name) || letters(each) === `s${letters(name)}`);
  });
}

/**
 * Returns a contradiction in the header: a directive that is repeated with another value, or that another one cancels.
 */
export function contradiction(header: string | null): string | undefined {
  const seen = new Map<string, string>();
  for (const member of membersOf(header)) {
    const [, name, value] = /^([\w-]+)="?(\d+)"?$/.exec(member) ?? [];
    if (name === undefined) continue;
    const key = name.toLowerCase();
    const before = seen.get(key);
    if (TIMED.includes(key) && before !== undefined && before !== value) return `${key}=${before} and ${key}=${value}`;
    seen.set(key, value!);
  }
  const found = directives(header);
  if (found.has('no-store')) return undefined;
  const strict = ['must-revalidate', 'proxy-revalidate'].find((name) => found.has(name));
  const window = ['stale-while-revalidate', 'stale-if-error'].find((name) => (seconds(found, name) ?? 0) > 0);
  if (found.has('public') && found.has('private')) return 'public and private';
  if (strict && window) return `${strict} and ${window}`;
  // With the names of fields it is about these alone (RFC 9111 section 5.2.2.4).
  if (found.get('no-cache') !== '') return undefined;
  const fresh = ['max-age', 's-maxage', 'immutable'].find(
    (name) => (seconds(found, name) ?? 0) > 0 || (name === 'immutable' && found.has(name)),
  );
  return fresh && `no-cache and ${fresh}`;
}

/**
 * Returns the seconds for which browsers treat a response as fresh: `max-age`, or else `Expires` minus `Date` (RFC 9111
 * section 4.2.1); `undefined` if they have to guess.
 */
export function lifetime(headers: Headers): number | undefined {
  const maxAge = seconds(directives(headers.get('cache-control')), 'max-age');
  const expires = headers.get('expires');
  if (maxAge !== undefined || expires === null) return maxAge;
  // An invalid date counts as one in the past (RFC 9111 section 5.3). `Date.parse` would accept a lone number such as
  // `0`.
  const at = /[a-z]{3}/i.test(expires) ? Date.parse(expires) : NaN;
  const from = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(at) ? 0 : Math.max(0, Math.round((at - (Number.isNaN(from) ? Date.now() : from)) / 1000));
}
