/**
 * The machine as detection sees it. Every read goes through one root, so the same code runs on `/`, on `/host` in a
 * pod, and on a fixture tree.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, normalize } from 'node:path'

/**
 * The result of reading a file: its text, or that it is absent, which is a normal state of a machine, or why it cannot
 * be read.
 */
export type FileRead = { readonly text: string } | { readonly absent: true } | { readonly denied: string }

export interface Host {
  /** Where the machine's `/` is mounted: `/`, `/host`, a fixture tree. */
  readonly root: string
  /**
   * The path below the root, e.g. `path('dev/kmsg')`. Symbolic links are resolved inside the root: a link to
   * `/etc/shadow` below `/host` means `/host/etc/shadow`.
   */
  path(inside: string): string
  /** Reads a small file synchronously, which is fast for /proc and /sys because the kernel answers from memory. */
  read(inside: string): FileRead
  /** Names in a folder, sorted; empty when the folder is absent. */
  list(inside: string): readonly string[]
  /** The target of a symbolic link; undefined when there is no link. */
  link(inside: string): string | undefined
}

/**
 * Errors that mean "this machine does not have it". Pressure files answer EOPNOTSUPP when the kernel was started with
 * `psi=0`; drivers answer ENODEV or ENXIO for a removed device.
 */
const absentCodes: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ENODEV', 'ENXIO', 'EOPNOTSUPP'])

/** Opens the machine whose `/` is `root`. */
export function openHost(root: string): Host {
  const path = (inside: string): string => join(root, root === '/' ? inside : resolveInside(root, inside))
  return {
    root,
    path,
    read(inside) {
      try {
        return { text: readFileSync(path(inside), 'utf8') }
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException // node:fs throws ErrnoException
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

/** A path with more links than this contains a loop (path_resolution(7)). */
const mostLinks = 40

/** Resolves every symbolic link in `inside` as if `root` were `/`. Missing parts of the path stay unchanged. */
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
    return undefined // not a link, or absent
  }
}

/** The text of a file, for callers that treat absent and denied alike. */
export function textOf(read: FileRead): string | undefined {
  return 'text' in read ? read.text : undefined
}
