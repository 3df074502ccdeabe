import { providers, providerTerms } from './providers';

/** A provider whose terms forbid fetching areas in advance; undefined where none is known. */
export function bulkForbidden(url: string): keyof typeof providers | undefined {
  const { host } = new URL(url);
  return (Object.keys(providers) as Array<keyof typeof providers>).find((name) => {
    if (providerTerms[name].bulk) return false;
    const { template } = providers[name];
    return (typeof template === 'string' ? [template] : template).some((one) => {
      const own = one.split('/')[2]!;
      const end = own.slice(own.indexOf('{s}') < 0 ? 0 : own.indexOf('}') + 1);
      return own.includes('{s}') ? host.endsWith(end) : host === own;
    });
  });
}
