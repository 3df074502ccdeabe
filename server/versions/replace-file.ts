/**
 * Replaces a file atomically: writes a temporary file, flushes and renames it, so that a crash leaves the old file or
 * the new.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const { open, rename, rm } = await import('node:fs/promises');
  const { dirname } = await import('node:path');
  const beside = `${path}.new`;
  // Left behind by a process that ended half way, perhaps another user's.
  await rm(beside, { force: true });
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    // On a full disk half of a file takes the room that the next one needs.
    await rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
  // The name, too, must outlive a power cut; not every system can flush a folder.
  const folder = await open(dirname(path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
