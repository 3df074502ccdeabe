/**
 * True if a Content-Security-Policy forbids a worker to fetch from a URL's host (CSP Level 3, section 6.7.2).
 * `policies` is the value of the header, which may hold several. A source with a path counts as its whole host. Browsers
 * ignore a source that names an IPv6 address.
 */
export function forbids(policies: string, url: string): boolean {
  const { protocol, hostname, port } = new URL(url);
  const isScheme = (name: string) => name === protocol || (name === 'http:' && protocol === 'https:');
  const covers = (source: string): boolean => {
    if (source === '*') return true;
    if (source.endsWith(':')) return isScheme(source);
    const [, scheme, host = '', ports = ''] = /^(?:(\w[\w+.-]*:)\/\/)?([^:/]+)(?::(\d+|\*))?/.exec(source) ?? [];
    return (
      (!scheme || isScheme(scheme)) &&
      (host === '*' || host === hostname || (host.startsWith('*.') && hostname.endsWith(host.slice(1)))) &&
      (ports === '*' || ports === port)
    );
  };
  return (
    policies
      .toLowerCase()
      // A URL leaves out the usual port of its scheme, and `http:` and its port may be upgraded.
      .replace(protocol === 'https:' ? /:(443|80)\b/g : /:80\b/g, '')
      .split(',')
      .some((policy) => {
        const lists = policy.split(';').map((directive) => directive.trim().split(/\s+/));
        const listOf = (name: string) => lists.find(([own]) => own === name);
        const [, ...sources] = listOf('connect-src') ?? listOf('default-src') ?? ['', '*'];
        return !sources.some(covers);
      })
  );
}
