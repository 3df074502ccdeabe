/** Returns the scheme and host of an absolute URL, such as `https://tiles.example`; '' for anything else. */
export const hostOf = (url: string): string => /^[^/]*\/\/[^/?#]*/.exec(url)?.[0] ?? '';
