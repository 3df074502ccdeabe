/**
 * Returns true for `tile-cache-v<n>:<scope>:<layer>@<version>` with this scope, percent-encoded. The caches of
 * partitions have a further part.
 */
export function isCacheOf(scope: string, name: string): boolean {
  const [format = '', of = ''] = name.split(':');
  return /^tile-cache-v\d+$/.test(format) && decodeURIComponent(of) === scope;
}

export const isOfPartition = (name: string): boolean => name.split(':').length > 3;
