/** The facts about the connection, in browsers that expose it. */
export interface Connection {
  saveData?: boolean;
  metered?: boolean;
  type?: string;
}

/** The connection costs by the byte, or the user wants to save data. False where the browser does not tell. */
export function isMetered({ saveData, metered, type }: Connection = {}): boolean {
  return saveData === true || metered === true || type === 'cellular';
}
