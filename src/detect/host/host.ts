/**
 * The machine as detection sees it. Every read goes through one root, so the same code runs on `/`, on `/host` in a
 * pod, and on a fixture tree.
 */
import { readdirSync, readFile, readFileSync, readlinkSync, stat, statfs } from 'node:fs'
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
  /** Reads a file in the thread pool: for one that waits for a disk, a device or a lock of another process. */
  readSlowly(inside: string): Promise<FileRead>
  /** Names in a folder, sorted; empty when the folder is absent. */
  list(inside: string): readonly string[]
  /** The target of a symbolic link; undefined when there is no link. */
  link(inside: string): string | undefined
  /**
   * The space of the file system that is mounted at a path; undefined when it cannot be asked. Runs in the thread pool,
   * because a file system without its disk or server does not answer.
   */
  space(inside: string): Promise<Space | undefined>
}

/** The space of a file system as df(1) counts it: without the blocks that only root may use. */
export interface Space {
  /** `major:minor`, to tell whether the path is still the mount that was meant. */
  readonly device: string
  readonly usedBytes: number
  readonly freeBytes: number
  /** Both 0 on a file system without a fixed number of inodes. */
  readonly inodes: number
  readonly freeInodes: number
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
        return unread(error as NodeJS.ErrnoException) // node:fs throws ErrnoException
      }
    },
    readSlowly: (inside) =>
      new Promise((resolve) => {
        readFile(path(inside), 'utf8', (error, text) => resolve(error ? unread(error) : { text }))
      }),
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
    space: (inside) => spaceOf(path(inside)),
  }
}

function unread({ code, message }: NodeJS.ErrnoException): FileRead {
  return absentCodes.has(code) ? { absent: true } : { denied: message }
}

function spaceOf(path: string): Promise<Space | undefined> {
  return new Promise((resolve) => {
    stat(path, (noStat, stats) => {
      if (noStat) return resolve(undefined)
      statfs(path, (error, found) => {
        if (error) return resolve(undefined)
        const { bsize, blocks, bfree, bavail, files, ffree } = found
        resolve({
          device: deviceNumber(stats.dev),
          usedBytes: (blocks - bfree) * bsize,
          freeBytes: bavail * bsize,
          inodes: files,
          freeInodes: ffree,
        })
      })
    })
  })
}

/** The encoding of device numbers in Linux' stat(2): include/linux/kdev_t.h, `new_encode_dev`. */
function deviceNumber(dev: number): string {
  return `${(dev >>> 8) & 0xfff}:${(dev & 0xff) | ((dev >>> 12) & 0xfff00)}`
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

/** The whole number in a small file; undefined when there is none. */
export function numberIn(host: Host, path: string): number | undefined {
  return numberOf(host.read(path))
}

/** The whole number that a small file holds; undefined for any other text. */
export function numberOf(read: FileRead): number | undefined {
  const text = textOf(read)?.trim()
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : undefined
}
