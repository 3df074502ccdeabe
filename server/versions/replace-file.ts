/**
 * Replaces a file atomically: writes a temporary file, flushes and renames it, so that a crash leaves the old file or
 * the new. If `mayReplace` resolves with false at the last moment, the file stays as it is, and so does this function.
 */
export async function replaceFile(
  path: string,
  text: string,
  mayReplace = async (): Promise<boolean> => true,
): Promise<boolean> {
  const { open, rename, rm } = await import('node:fs/promises');
  const { dirname } = await import('node:path');
  const beside = `${path}.new`;
  // Remove what a process left behind when it ended halfway; it may belong to another user.
  await rm(beside, { force: true });
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    // The temporary file may be another process's by now: leave it.
    if (!(await mayReplace())) return false;
    await rename(beside, path);
  } catch (error) {
    // On a full disk, an incomplete file would take the room that the next attempt needs.
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
  // Flush the folder, so that the file's name survives a power cut. Not every system can do this.
  const folder = await open(dirname(path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
  return true;
}
