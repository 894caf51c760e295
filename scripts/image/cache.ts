/** What is fetched once and kept on the machine that builds. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nodemend', 'image')

/** Where `cached` keeps the folder `name`. */
export function cacheFolder(name: string): string {
  return join(cache, name)
}

/** A folder of the cache, filled once; what a broken run leaves behind is not taken for whole. */
export function cached(name: string, fill: (folder: string) => void): string {
  const folder = cacheFolder(name)
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  const making = mkdtempSync(join(cache, '.'))
  try {
    fill(making)
    renameSync(making, folder)
  } finally {
    rmSync(making, { recursive: true, force: true })
  }
  return folder
}
