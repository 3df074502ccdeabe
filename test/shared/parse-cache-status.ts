import { CACHE_NAME } from '../../src/shared/cache-status';

/** The parsed part of our own member of a `Cache-Status` field. */
export interface OwnCacheStatus {
  hit: boolean;
  fwd?: string;
  fwdStatus?: number;
  /** Seconds. */
  ttl?: number;
  stored: boolean;
  collapsed: boolean;
  detail?: string;
}

/** Splits a text outside of quoted strings. */
function split(text: string, separator: ',' | ';'): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (quoted && char === '\\') i++;
    else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      parts.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  parts.push(text.slice(from).trim());
  return parts;
}

/** Parses our last member of `Cache-Status`. Tolerates errors, and returns `undefined` if there is none. */
export function parseOwnCacheStatus(value: string | null | undefined): OwnCacheStatus | undefined {
  const member = split((value ?? '').slice(0, 4096), ',')
    .map((text) => split(text, ';'))
    .filter(([name]) => name === CACHE_NAME)
    .pop();
  if (!member) return undefined;
  const params = new Map<string, string>();
  for (const text of member.slice(1)) {
    const [, name = '', param = '?1'] = /^([^=]*)=?(.+)?$/s.exec(text) ?? [];
    params.set(name, param[0] === '"' ? param.slice(1, -1).replace(/\\(.)/g, '$1') : param);
  }
  const flag = (name: string) => params.get(name) === '?1';
  const number = (name: string) => (/^-?\d+$/.test(params.get(name) ?? '') ? Number(params.get(name)) : undefined);
  const fwd = params.get('fwd');
  const fwdStatus = number('fwd-status');
  const ttl = number('ttl');
  const detail = params.get('detail');
  return {
    hit: flag('hit'),
    stored: flag('stored'),
    collapsed: flag('collapsed'),
    ...(fwd !== undefined && { fwd }),
    ...(fwdStatus !== undefined && { fwdStatus }),
    ...(ttl !== undefined && { ttl }),
    ...(detail !== undefined && { detail }),
  };
}
