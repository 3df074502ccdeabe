/** Scheme and host of an absolute URL, `https://tiles.example`; '' for anything else. */
export const hostOf = (url: string): string => /^[^/]*\/\/[^/?#]*/.exec(url)?.[0] ?? '';
