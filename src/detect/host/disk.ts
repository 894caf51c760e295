/**
 * Reads and replaces a file durably: after a crash it holds either the old or the new content, whole. Uses callbacks,
 * because loading `node:fs/promises` costs the agent 1.7 MB.
 */
import { close, fsync, mkdir, open, readFile, rename, rm, write } from 'node:fs'
import { dirname } from 'node:path'

/** Holds the agent's state. A call to a disk that hangs does not return. */
export interface Disk {
  /** The text of the file; undefined when it is absent or unreadable. */
  read(path: string): Promise<string | undefined>
  /** At most one call per path at a time. */
  replace(path: string, text: string): Promise<ReplaceOutcome>
}

/** The host's file system. Calls run in the thread pool, where each hanging call occupies one thread. */
export const systemDisk: Disk = {
  read: (path) => new Promise((resolve) => readFile(path, 'utf8', (error, text) => resolve(error ? undefined : text))),
  replace: replaceFile,
}

/**
 * `trouble` is the error that stopped the write (`ENOSPC` …). It is data, not an exception, because a full disk is an
 * expected state.
 */
export type ReplaceOutcome = { readonly written: true } | { readonly written: false; readonly trouble: Error }

/**
 * Writes `text` beside `path`, fsyncs it, renames it over `path` and fsyncs the folder. On an error the old file stays
 * unchanged and the temporary one is removed.
 */
async function replaceFile(path: string, text: string): Promise<ReplaceOutcome> {
  const temporary = `${path}.new`
  try {
    await call<unknown>((done) => mkdir(dirname(path), { recursive: true, mode: 0o700 }, done))
    await writeDurably(temporary, Buffer.from(text))
    await call((done) => rename(temporary, path, done))
    await syncFolder(dirname(path))
    return { written: true }
  } catch (error) {
    await call((done) => rm(temporary, { force: true }, done)).catch(() => undefined)
    return { written: false, trouble: error as Error } // node:fs rejects with Error
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

/**
 * Without this fsync a power loss may undo the rename. Errors are ignored, because some file systems refuse to sync a
 * folder.
 */
async function syncFolder(path: string): Promise<void> {
  const descriptor = (await call<number>((done) => open(path, 'r', done))) ?? -1
  try {
    await call((done) => fsync(descriptor, done)).catch(() => undefined)
  } finally {
    await call((done) => close(descriptor, done))
  }
}
