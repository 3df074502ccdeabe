/** Tells of a change only: a dead upstream would else write a line for each tile. */
export function createNotes(name: string, log: (line: string) => void): (trouble: string | undefined) => void {
  let last: string | undefined;
  return (trouble) => {
    if (trouble === last) return;
    last = trouble;
    log(trouble === undefined ? `${name}: answers again` : `${name}: ${trouble}`);
  };
}
