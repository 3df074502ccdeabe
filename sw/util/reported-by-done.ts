/**
 * Ignores the rejection of a transaction's request, for callers that await the transaction's `done`. If a transaction
 * aborts, each of its requests rejects as well, and those rejections would be unhandled.
 */
export const reportedByDone = (request: Promise<unknown>): void => void request.catch(() => {});
