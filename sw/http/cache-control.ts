/** The directives of a `Cache-Control` field, in a request or a response. Durations in seconds. */
export interface CacheControl {
  noStore?: true;
  /** Field names (lower case) when it has an argument: only they may not be reused without validation. */
  noCache?: true | string[];
  /** Of no effect in a private cache. */
  private?: true | string[];
  public?: true;
  mustRevalidate?: true;
  mustUnderstand?: true;
  immutable?: true;
  onlyIfCached?: true;
  maxAge?: number;
  minFresh?: number;
  /** `Infinity` where no limit is given. */
  maxStale?: number;
  staleWhileRevalidate?: number;
  staleIfError?: number;
}

type Names = 'noCache' | 'private';
type Seconds = 'maxAge' | 'minFresh' | 'maxStale' | 'staleWhileRevalidate' | 'staleIfError';

// A quoted string may hold commas and anything that looks like a directive. An unclosed one takes the rest.
const DIRECTIVE = /([^\s,="]+)(?:=(?:"((?:[^"\\]|\\.)*)"?|([^,]*)))?/g;
const SECONDS = /^(max-age|min-fresh|max-stale|stale-.*)$/;
const NAMES = /^(no-cache|private)$/;

/**
 * Delta-seconds (RFC 9111 section 1.2.2), too large a number being 2^31; `undefined` for anything but digits.
 */
export function parseDeltaSeconds(value: string): number | undefined {
  return /^\d+$/.test(value) ? Math.min(Number(value), 2 ** 31) : undefined;
}

/**
 * Parses a Cache-Control field value (RFC 9111 section 5.2). Names are case-insensitive, arguments may be tokens or
 * quoted strings, what is unknown is ignored. Of several values the first counts, and a bad number is 0, that is
 * stale (section 4.2.1: "either the first occurrence should be used", "encouraged to consider … to be stale").
 */
export function parseCacheControl(value: string | null): CacheControl {
  // What is unknown is set as well, and never read.
  const control = Object.create(null) as CacheControl & Record<string, true>;
  for (const [, name, quoted, token] of (value ?? '').toLowerCase().matchAll(DIRECTIVE)) {
    const key = name!.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const argument = quoted?.replace(/\\(.)/g, '$1') ?? token?.trimEnd();
    if (SECONDS.test(name!)) {
      // Only max-stale may stand without an argument (section 5.2.1.2).
      control[key as Seconds] ??=
        argument === undefined && name === 'max-stale' ? Infinity : (parseDeltaSeconds(argument ?? '') ?? 0);
    } else if (NAMES.test(name!)) addNames(control, key as Names, argument);
    else control[key] = true;
  }
  return control;
}

/** Without usable names the directive is the unqualified, more restrictive one (section 4.2.1). */
function addNames(control: CacheControl, name: Names, argument: string | undefined): void {
  const before = control[name];
  const names = argument?.split(/[\s,]+/).filter(Boolean) ?? [];
  control[name] = before === true || !names.length || [...(before || []), ...names];
}
