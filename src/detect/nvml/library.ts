/**
 * Loads NVIDIA's management library and calls it. Function signatures follow from the arguments, because every function
 * of nvml.h takes integers, handles and pointers and returns `nvmlReturn_t`.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type LibraryHandle, load } from 'koffi'
import { type Answer, codes } from './document.ts'

type NvmlFunction = (...args: readonly Argument[]) => number

/** A number is an `unsigned int`, a bigint a handle, a buffer a pointer to what it holds. */
export type Argument = number | bigint | Buffer

export interface Nvml {
  /** Where the library was found. */
  readonly file: string
  /** Calls a function; a function that this driver does not have returns "function not found". */
  call(name: string, ...args: readonly Argument[]): number
}

const soname = 'libnvidia-ml.so.1'
/** Where the GPU operator's driver container lies; its driver is the one that is loaded. */
const operatorRoot = '/run/nvidia/driver'
const folders = [
  '/usr/lib64',
  '/usr/lib/x86_64-linux-gnu',
  '/usr/lib/aarch64-linux-gnu',
  '/usr/lib/x86_64-linux-gnu/nvidia/current',
  '/usr/lib/aarch64-linux-gnu/nvidia/current',
  '/usr/lib',
  '/home/kubernetes/bin/nvidia/lib64',
  '/usr/lib/nvidia/tesla',
  '/opt/nvidia/lib64',
  '/opt/nvidia/lib',
]

/**
 * Loads the library of the machine whose `/` is `root`. Changes this process's root to it where that is allowed, because
 * the library opens `/dev/nvidia*` and files below /proc. Undefined when the machine has no such library.
 */
export function openNvml(root: string): Nvml | undefined {
  const prefix = root === '/' || changeRoot(root) ? '/' : root
  const below = (folder: string): string => join(prefix, folder, soname)
  const places = [...folders.map((folder) => below(join(operatorRoot, folder))), soname, ...folders.map(below)]
  for (const file of places) {
    const library = file === soname || existsSync(file) ? tryLoad(file) : undefined
    if (library) return new LoadedNvml(library, file)
  }
  return undefined
}

/** False without CAP_SYS_CHROOT: the devices are then those of this process's own file system. */
function changeRoot(root: string): boolean {
  const libc = load(null)
  const chroot = libc.func('chroot', 'int', ['str'])
  if (chroot(root) !== 0) return false
  process.chdir('/')
  return true
}

function tryLoad(file: string): LibraryHandle | undefined {
  try {
    return load(file)
  } catch {
    return undefined
  }
}

class LoadedNvml implements Nvml {
  readonly file: string
  readonly #library: LibraryHandle
  readonly #functions = new Map<string, NvmlFunction | undefined>()

  constructor(library: LibraryHandle, file: string) {
    this.#library = library
    this.file = file
  }

  call(name: string, ...args: readonly Argument[]): number {
    if (!this.#functions.has(name)) this.#functions.set(name, this.#find(name, args))
    return this.#functions.get(name)?.(...args) ?? codes.functionNotFound
  }

  #find(name: string, args: readonly Argument[]): NvmlFunction | undefined {
    try {
      return this.#library.func(name, 'int', args.map(typeOf))
    } catch {
      return undefined // the driver is older than the function
    }
  }
}

function typeOf(argument: Argument): string {
  if (typeof argument === 'number') return 'uint32'
  return typeof argument === 'bigint' ? 'uint64' : 'void *'
}

/** The answer of a call that returned `code`. */
export function answer<T>(code: number, value: () => T): Answer<T> {
  return code === 0 ? { value: value() } : { code }
}
