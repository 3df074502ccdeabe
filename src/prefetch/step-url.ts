import type { TimeSteps } from './types';

/**
 * Returns the URL at another time step, or `undefined` if it does not contain the value. Leaves the rest of the URL
 * unchanged.
 */
export function stepUrl(
  url: string,
  { param, current }: Pick<TimeSteps, 'param' | 'current'>,
  value: string,
): string | undefined {
  if (param !== undefined) return withParameter(url, param, value);
  if (!current) return undefined;
  return (
    withText(url, current, value) ?? withText(url, encodeURIComponent(current), encodeURIComponent(value)) ?? undefined
  );
}

function withParameter(url: string, name: string, value: string): string | undefined {
  const [, path, query, hash] = /^([^?#]*)\??([^#]*)(.*)$/s.exec(url)!;
  const wanted = name.toLowerCase();
  const parts = query!.split('&');
  const at = parts.findIndex((part) => nameOf(part) === wanted);
  if (at < 0) return undefined;
  parts[at] = `${parts[at]!.split('=')[0]}=${encodeURIComponent(value)}`;
  return `${path}?${parts.join('&')}${hash}`;
}

function nameOf(part: string): string {
  const name = part.split('=')[0]!;
  try {
    return decodeURIComponent(name).toLowerCase();
  } catch {
    return name.toLowerCase();
  }
}

/**
 * Replaces the last occurrence. A date further left may be a part of a version; after the tile's numbers it is no
 * coincidence.
 */
function withText(url: string, text: string, value: string): string | undefined {
  const at = url.lastIndexOf(text);
  return at < 0 ? undefined : url.slice(0, at) + value + url.slice(at + text.length);
}
