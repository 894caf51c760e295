/**
 * Replaces a file so that a crash at any instant leaves either the old or the new content, whole. With callbacks,
 * because loading `node:fs/promises` costs the agent 1.7 MB.
 */
import { close, fsync, mkdir, open, rename, rm, write } from 'node:fs'
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
    await call<unknown>((done) => mkdir(dirname(path), { recursive: true, mode: 0o700 }, done))
    await writeDurably(temporary, Buffer.from(text))
    await call((done) => rename(temporary, path, done))
    await syncFolder(dirname(path))
    return { written: true }
  } catch (error) {
    await call((done) => rm(temporary, { force: true }, done)).catch(() => undefined)
    return { written: false, trouble: error as Error } // node:fs fails with Error
  }
}

type Done<T> = (error: Error | null, value?: T) => void

function call<T>(start: (done: Done<T>) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => start((error, value) => (error ? reject(error) : resolve(value))))
}

async function writeDurably(path: string, bytes: Buffer): Promise<void> {
  const descriptor = (await call<number>((done) => open(path, 'w', 0o600, done))) ?? -1
  try {
    for (let at = 0; at < bytes.length; ) {
      at += (await call<number>((done) => write(descriptor, bytes, at, bytes.length - at, null, done))) ?? 0
    }
    await call((done) => fsync(descriptor, done))
  } finally {
    await call((done) => close(descriptor, done))
  }
}

/** Without this the rename may be lost with the power; some file systems refuse to sync a folder, which is no trouble. */
async function syncFolder(path: string): Promise<void> {
  const descriptor = (await call<number>((done) => open(path, 'r', done))) ?? -1
  try {
    await call((done) => fsync(descriptor, done)).catch(() => undefined)
  } finally {
    await call((done) => close(descriptor, done))
  }
}
