/** The directives of a `Cache-Control` field, in a request or a response. Durations in seconds. */
export interface CacheControl {
  noStore: boolean;
  /** Field names (lower case) when it has an argument: only they may not be reused without validation. */
  noCache: boolean | string[];
  /** Of no effect in a private cache. */
  private: boolean | string[];
  public: boolean;
  mustRevalidate: boolean;
  mustUnderstand: boolean;
  immutable: boolean;
  onlyIfCached: boolean;
  maxAge?: number;
  minFresh?: number;
  /** `Infinity` where no limit is given. */
  maxStale?: number;
  staleWhileRevalidate?: number;
  staleIfError?: number;
}

type Flag = 'noStore' | 'public' | 'mustRevalidate' | 'mustUnderstand' | 'immutable' | 'onlyIfCached';
type Names = 'noCache' | 'private';
type Seconds = 'maxAge' | 'minFresh' | 'maxStale' | 'staleWhileRevalidate' | 'staleIfError';

// A quoted string may hold commas and anything that looks like a directive. An unclosed one takes the rest.
const DIRECTIVE = /([^\s,="]+)(?:=(?:"((?:[^"\\]|\\.)*)"?|([^,]*)))?/g;
const FLAG = /^(noStore|public|mustRevalidate|mustUnderstand|immutable|onlyIfCached)$/;
const NAMES = /^(noCache|private)$/;
const SECONDS = /^(maxAge|minFresh|maxStale|staleWhileRevalidate|staleIfError)$/;

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
  const control: CacheControl = {
    noStore: false,
    noCache: false,
    private: false,
    public: false,
    mustRevalidate: false,
    mustUnderstand: false,
    immutable: false,
    onlyIfCached: false,
  };
  for (const [, rawName, quoted, token] of (value ?? '').matchAll(DIRECTIVE)) {
    const name = rawName!.toLowerCase().replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const argument = quoted?.replace(/\\(.)/g, '$1') ?? token?.trimEnd();
    if (FLAG.test(name)) control[name as Flag] = true;
    else if (NAMES.test(name)) addNames(control, name as Names, argument);
    else if (SECONDS.test(name)) {
      // Only max-stale may stand without an argument (section 5.2.1.2).
      control[name as Seconds] ??=
        argument === undefined && name === 'maxStale' ? Infinity : (parseDeltaSeconds(argument ?? '') ?? 0);
    }
  }
  return control;
}

/** Without usable names the directive is the unqualified, more restrictive one (section 4.2.1). */
function addNames(control: CacheControl, name: Names, argument: string | undefined): void {
  const before = control[name];
  const names = argument?.toLowerCase().split(/[\s,]+/).filter(Boolean) ?? [];
  control[name] = before === true || !names.length || [...(before || []), ...names];
}
