/** For each world, its rooms by floor, from the lowest on. */
export const floors: Record<'sw' | 'src' | 'server', string[][]>;
