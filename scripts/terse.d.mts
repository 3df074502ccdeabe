import type { Plugin } from 'vite';

export function sentences(program: unknown): Array<[start: number, end: number, replacement: string]>;
export function terse(): Plugin;
