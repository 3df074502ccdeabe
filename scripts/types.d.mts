export function addExtensions(text: string, file: string, exists?: (file: string) => boolean): string;
export function emitTypes(): Promise<void>;
