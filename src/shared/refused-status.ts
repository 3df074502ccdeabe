/**
 * Returns true if the map gets no tile, and the status does not say that there is none: "log in", "forbidden", or a
 * failure. 404 and 410 do say so.
 */
export const isRefusedStatus = (status: number): boolean => status >= 400 && status !== 404 && status !== 410;
