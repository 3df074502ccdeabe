/**
 * For a request of a transaction that is waited for by its `done`: when the transaction is aborted, each of its requests
 * rejects as well, and nobody would hear of these.
 */
export const toldByDone = (request: Promise<unknown>): void => void request.catch(() => {});
