/**
 * The machine as detection sees it: every read goes through one root, so tests and the real agent run the same code on
 * a fixture tree, on `/host` of a pod, or on `/`. Only this folder knows paths of /proc, /sys and /dev.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, normalize } from 'node:path'

/**
 * What reading a file gave: its text; that it is not there, which is a state of a machine and no error; or that it is there
 * and cannot be read, and why.
 */
export type FileRead = { readonly text: string } | { readonly absent: true } | { readonly denied: string }

export interface Host {
  /** Where the machine's `/` is seen: `/`, `/host`, a fixture tree. */
  readonly root: string
  /**
   * The path under the root, e.g. `path('dev/kmsg')`. Symbolic links on the way are followed inside the root: one to
   * `/etc/shadow` in a tree below `/host` means that of the tree.
   */
  path(inside: string): string
  /** A small file. Reads synchronously: for files of /proc and /sys, which the kernel answers from memory. */
  read(inside: string): FileRead
  /** Names in a folder, sorted; empty when it is absent. */
  list(inside: string): readonly string[]
  /** What a symbolic link holds; undefined when there is none. */
  link(inside: string): string | undefined
}

/**
 * Errors that mean "this machine has no such thing". EOPNOTSUPP is what pressure files answer where the kernel was started
 * with `psi=0`, ENODEV and ENXIO what drivers answer for a device that has gone.
 */
const absentCodes: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ENODEV', 'ENXIO', 'EOPNOTSUPP'])

/** The machine whose `/` is `root`. */
export function openHost(root: string): Host {
  const path = (inside: string): string => join(root, root === '/' ? inside : resolveInside(root, inside))
  return {
    root,
    path,
    read(inside) {
      try {
        return { text: readFileSync(path(inside), 'utf8') }
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException // node:fs fails with it
        return absentCodes.has(code) ? { absent: true } : { denied: message }
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
        return readlinkSync(join(path(dirname(inside)), basename(inside)))
      } catch {
        return undefined
      }
    },
  }
}

/** More links than this on one path are a circle (path_resolution(7)). */
const mostLinks = 40

/** `inside` with every symbolic link in it followed as if `root` were `/`. What is not there stays as it is. */
function resolveInside(root: string, inside: string): string {
  let rest = normalize(join('/', inside)).split('/').filter(Boolean)
  let resolved = '/'
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...others] = rest
    const target = linkAt(join(root, resolved, name))
    if (target === undefined || ++links > mostLinks) {
      resolved = join(resolved, name)
      rest = others
      continue
    }
    const from = isAbsolute(target) ? target : join(resolved, target)
    rest = [...normalize(join('/', from)).split('/').filter(Boolean), ...others]
    resolved = '/'
  }
  return resolved
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined // no link, or not there
  }
}

/** The text of a file where absent and denied mean the same: nothing is known. */
export function textOf(read: FileRead): string | undefined {
  return 'text' in read ? read.text : undefined
}
