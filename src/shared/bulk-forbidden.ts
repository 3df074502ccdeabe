import { providers, providerTerms } from './providers';

/** Returns the provider of a URL if its terms forbid downloading areas in advance, otherwise `undefined`. */
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
