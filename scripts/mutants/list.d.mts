/** A fault made by hand: `find`, which stands exactly once in `file`, becomes `replace`; one of `tests` has to notice. */
export interface Mutant {
  name: string;
  file: string;
  find: string;
  replace: string;
  tests: string[];
}

export const mutants: readonly Mutant[];
