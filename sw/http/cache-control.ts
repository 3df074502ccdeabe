/** The directives of a `Cache-Control` field, in a request or a response. Durations in seconds. */
export interface CacheControl {
  noStore?: true;
  /** Field names (lower case) if the directive has an argument: only these fields need validation before reuse. */
  noCache?: true | string[];
  /** Has no effect in a private cache. */
  private?: true | string[];
  public?: true;
  mustRevalidate?: true;
  mustUnderstand?: true;
  immutable?: true;
  onlyIfCached?: true;
  maxAge?: number;
  minFresh?: number;
  /** `Infinity` if the directive gives no limit. */
  maxStale?: number;
  staleWhileRevalidate?: number;
  staleIfError?: number;
}

type Names = 'noCache' | 'private';
type Seconds = 'maxAge' | 'minFresh' | 'maxStale' | 'staleWhileRevalidate' | 'staleIfError';

// A quoted string may contain commas and text that looks like a directive. An unclosed one extends to the end. No token
// contains a semicolon, but some servers separate directives with it.
const DIRECTIVE = /([^\s,;="]+)(?:=(?:"((?:[^"\\]|\\.)*)"?|([^,;]*)))?/g;
const SECONDS = /^(max-age|min-fresh|max-stale|stale-.*)$/;
const NAMES = /^(no-cache|private)$/;

/**
 * Parses delta-seconds (RFC 9111 section 1.2.2). A larger number becomes 2^31; anything but digits gives `undefined`.
 */
export function parseDeltaSeconds(value: string): number | undefined {
  return /^\d+$/.test(value) ? Math.min(Number(value), 2 ** 31) : undefined;
}

/**
 * Parses a Cache-Control field value (RFC 9111 section 5.2). Names are case-insensitive, arguments may be tokens or
 * quoted strings, and unknown directives have no effect. If a directive occurs several times, the first one counts. An
 * invalid number counts as 0, which means stale (section 4.2.1: "either the first occurrence should be used",
 * "encouraged to consider … to be stale").
 */
export function parseCacheControl(value: string | null): CacheControl {
  // Unknown directives are set, too, but nothing reads them.
  const control = Object.create(null) as CacheControl & Record<string, true>;
  for (const [, name, quoted, token] of (value ?? '').toLowerCase().matchAll(DIRECTIVE)) {
    const key = name!.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    const argument = quoted?.replace(/\\(.)/g, '$1') ?? token?.trimEnd();
    if (SECONDS.test(name!)) {
      // Only max-stale may come without an argument (section 5.2.1.2).
      control[key as Seconds] ??=
        argument === undefined && name === 'max-stale' ? Infinity : (parseDeltaSeconds(argument ?? '') ?? 0);
    } else if (NAMES.test(name!)) addNames(control, key as Names, argument);
    else control[key] = true;
  }
  return control;
}

/** A directive without usable names counts as the unqualified, more restrictive form (section 4.2.1). */
function addNames(control: CacheControl, name: Names, argument: string | undefined): void {
  const before = control[name];
  const names = argument?.split(/[\s,]+/).filter(Boolean) ?? [];
  control[name] = before === true || !names.length || [...(before || []), ...names];
}
