import { providers, providerTerms } from '../../../src/shared/providers';
import type { Check } from '../finding';

type Name = keyof typeof providers;

const hostsOf = (name: Name) => {
  const { template } = providers[name] as { template: string | readonly string[] };
  return (typeof template === 'string' ? [template] : template).map((each) =>
    /^https?:\/\/([^/]+)/.exec(each)![1]!.replace('{s}.', ''),
  );
};

export const terms: Check = ({ url }) => {
  const name = (Object.keys(providers) as Name[]).find((each) =>
    hostsOf(each).some((host) => url.hostname === host || url.hostname.endsWith(`.${host}`)),
  );
  if (!name) return undefined;
  return {
    code: 'terms',
    level: 'warning',
    seen: `a host of ${name}`,
    happens: 'Its terms say what may be stored and for how long, and whether areas may be downloaded in bulk.',
    cure: `Read ${providerTerms[name].terms}, and spread providers.${name} into the layer.`,
  };
};
