/** Logs only changes, because a dead upstream would otherwise cause a line for each tile. `well`: what ends a trouble. */
export function createNotes(
  name: string,
  log: (line: string) => void,
  well = 'answers again',
): (trouble: string | undefined) => void {
  let last: string | undefined;
  return (trouble) => {
    if (trouble === last) return;
    last = trouble;
    log(trouble === undefined ? `${name}: ${well}` : `${name}: ${trouble}`);
  };
}
