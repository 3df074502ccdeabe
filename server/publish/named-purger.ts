import type { Purger } from '../purge/purger';

/** A CDN, with the name that debts and reports use. */
export interface NamedPurger {
  cdn: string;
  purger: Purger;
}

/** Names the CDNs. Numbers CDNs with the same name, so that each has debts of its own. */
export function nameCdns(purgers: readonly Purger[]): NamedPurger[] {
  return purgers.map((purger, i) => {
    const place = purgers.slice(0, i).filter(({ name }) => name === purger.name).length;
    return { cdn: place === 0 ? purger.name : `${purger.name}#${place + 1}`, purger };
  });
}
