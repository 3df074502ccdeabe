/**
 * True for a status with which the map gets no tile and nothing is said of it: "log in", "not allowed", a failure. 404 and
 * 410 say that there is none.
 */
export const isRefusedStatus = (status: number): boolean => status >= 400 && status !== 404 && status !== 410;
