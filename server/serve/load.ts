import { wrong } from './options';

/** Loads an optional package. Rejects with `INVALID_OPTION`, which names the packages to install. */
export async function load<T>(what: string, packages: string, importing: () => Promise<T>): Promise<T> {
  try {
    return await importing();
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw wrong(what, `${packages.replace(/ (?=\S+$)/, ' and ')} must be installed`, `npm install ${packages}`);
  }
}
