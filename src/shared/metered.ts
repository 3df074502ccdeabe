/** What browsers tell about the connection, if they do. */
export interface Connection {
  saveData?: boolean;
  metered?: boolean;
  type?: string;
}

/**
 * Returns true if the connection is metered, or the user wants to save data. Returns false if the browser does not
 * tell.
 */
export function isMetered({ saveData, metered, type }: Connection = {}): boolean {
  return saveData === true || metered === true || type === 'cellular';
}
