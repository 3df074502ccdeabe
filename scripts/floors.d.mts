/** The rooms of each world by floor, from the lowest up. */
export const floors: Record<'sw' | 'src' | 'server', string[][]>;
