/** Replaces a file so that a crash at any instant leaves either the old or the new content, whole. */
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** `trouble` is what stopped the write (`ENOSPC` …): data, not an exception, because a full disk is what we watch for. */
export type ReplaceOutcome = { readonly written: true } | { readonly written: false; readonly trouble: Error }

/**
 * Writes `text` beside `path`, fsyncs it, renames it over `path` and fsyncs the folder. Runs in the thread pool: a disk
 * that hangs does not stop the agent. On trouble the old file stands untouched and the temporary one is removed.
 * One call per path at a time.
 */
export async function replaceFile(path: string, text: string): Promise<ReplaceOutcome> {
  const temporary = `${path}.new`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeDurably(temporary, text)
    await rename(temporary, path)
    await syncFolder(dirname(path))
    return { written: true }
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    return { written: false, trouble: error as Error } // node:fs rejects with Error
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Without this the rename may be lost with the power; some file systems refuse to sync a folder, which is no trouble. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync().catch(() => undefined)
  } finally {
    await folder.close()
  }
}
