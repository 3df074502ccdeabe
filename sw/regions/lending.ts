/**
 * Runs one work at a time: a region notes what it borrows, or another one gives up packs that bodies are borrowed from.
 * Otherwise a pack could go after a borrower has looked for its bodies, and before the lender knows of the borrower.
 */
export type Lending = <T>(work: () => Promise<T>) => Promise<T>;

export function createLending(): Lending {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const run = last.then(work);
    last = run.catch(() => {});
    return run;
  };
}
