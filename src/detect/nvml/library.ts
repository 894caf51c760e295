/**
 * Loads NVIDIA's management library and calls it. Function signatures follow from the arguments, because every function
 * of nvml.h takes integers, handles and pointers and returns `nvmlReturn_t`.
 */
import { closeSync, existsSync, openSync } from 'node:fs'
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
/** Where the GPU operator mounts its driver's container. */
const operatorRoot = '/run/nvidia/driver'
/** The device through which everything is asked. */
const control = '/dev/nvidiactl'
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

/** The loaded library, or that the machine has none, or why this process may not use it. */
export type Opened = { readonly nvml: Nvml } | { readonly missing: true } | { readonly denied: string }

/**
 * Loads the library of the machine whose `/` is `root`. Changes this process's root to it where that is allowed, because
 * the library opens `/dev/nvidia*` and files below /proc.
 */
export function openNvml(root: string): Opened {
  const machine = rootOfDriver(root)
  const prefix = machine === '/' || changeRoot(machine) ? '/' : machine
  const denied = whyDenied(prefix)
  if (denied !== undefined) return { denied }
  // Where the operator's container has a driver, it is the one that is loaded.
  for (const file of [...filesBelow(join(prefix, operatorRoot)), soname, ...filesBelow(prefix)]) {
    const library = file === soname || existsSync(file) ? tryLoad(file) : undefined
    if (library) return { nvml: new LoadedNvml(library, file) }
  }
  return { missing: true }
}

/** The GPU operator's driver has its library, and mostly its devices, in the file system of its container. */
function rootOfDriver(root: string): string {
  const container = join(root, operatorRoot)
  const whole = existsSync(join(container, control)) && filesBelow(container).some((file) => existsSync(file))
  return whole ? container : root
}

function filesBelow(root: string): readonly string[] {
  return folders.map((folder) => join(root, folder, soname))
}

/**
 * A container without the right to a device sees it and cannot open it; NVML then names an unknown error. Without another
 * root it sees the device only in the file system of the host.
 */
function whyDenied(prefix: string): string | undefined {
  if (prefix !== '/' && existsSync(join(prefix, control)) && !existsSync(control))
    return `${control}: without CAP_SYS_CHROOT`
  try {
    closeSync(openSync(control, 'r+'))
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // node:fs throws ErrnoException
    return code === 'EPERM' || code === 'EACCES' ? `${control}: ${code}` : undefined
  }
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
