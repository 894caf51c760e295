/**
 * The machine as detection sees it: every read goes through one root, so tests and the real agent run the same code on
 * a fixture tree, on `/host` of a pod, or on `/`. Only this folder knows paths of /proc, /sys and /dev.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

export interface Host {
  /** Where the machine's `/` is seen: `/`, `/host`, a fixture tree. */
  readonly root: string
  /** The path under the root, e.g. `path('dev/kmsg')`. */
  path(inside: string): string
  /**
   * The text of a small file; undefined when it is absent or unreadable (absent is a state of a machine, not an error).
   * Reads synchronously: for /proc and /sys files that the kernel answers from memory.
   */
  read(inside: string): string | undefined
  /** Names in a folder, sorted; empty when it is absent. */
  list(inside: string): readonly string[]
  /** What a symbolic link holds; undefined when there is none. */
  link(inside: string): string | undefined
}

/** The machine whose `/` is `root`. */
export function openHost(root: string): Host {
  const path = (inside: string): string => join(root, inside)
  return {
    root,
    path,
    read(inside) {
      try {
        return readFileSync(path(inside), 'utf8')
      } catch {
        return undefined
      }
    },
    list(inside) {
      try {
        return readdirSync(path(inside)).sort()
      } catch {
        return []
      }
    },
    link(inside) {
      try {
        return readlinkSync(path(inside))
      } catch {
        return undefined
      }
    },
  }
}
