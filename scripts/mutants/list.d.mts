/** A fault: `replace` takes the place of `find`, which occurs exactly once in `file`. One of `tests` must then fail. */
export interface Mutant {
  name: string;
  file: string;
  find: string;
  replace: string;
  tests: string[];
}

export const mutants: readonly Mutant[];
