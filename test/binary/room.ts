/** A file system that holds the executable, the C library that every distribution has, and the kernel's own file systems. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chmodSync, linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Architecture, librariesFor, loaderFor } from '../../scripts/image/runtime.ts'

const cLibrary = ['libc.so.6', 'libdl.so.2', 'libm.so.6', 'libpthread.so.0']
export const maybeMissing = ['libstdc++.so.6', 'libgcc_s.so.1']
const kernels = ['proc', 'sys', 'dev']

export interface Said {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export class Room {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** `libraries` are those beyond the C library, and lie where the loader looks for them. */
  static async of(folder: string, executable: string, architecture: Architecture, libraries: readonly string[]) {
    for (const name of [...kernels, 'lib', 'beside', 'var']) mkdirSync(join(folder, name), { recursive: true })
    linkSync(executable, join(folder, 'nodemend'))
    const put = (path: string, bytes: Uint8Array): void => {
      mkdirSync(join(folder, path, '..'), { recursive: true })
      writeFileSync(join(folder, path), bytes)
      chmodSync(join(folder, path), 0o755)
    }
    const loader = await loaderFor(architecture)
    put(loader.path, loader.bytes ?? new Uint8Array())
    for (const { path, bytes = new Uint8Array() } of await librariesFor(architecture, [...cLibrary, ...libraries]))
      put(join('lib', basename(path)), bytes)
    for (const { path, bytes = new Uint8Array() } of await librariesFor(architecture, maybeMissing))
      put(join('beside', basename(path)), bytes)
    return new Room(folder)
  }

  /** Runs the executable until it ends. */
  run(
    args: readonly string[],
    { input = '', env = {} }: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
  ): Said {
    return spawnSync('unshare', this.#inside(args), {
      input,
      env: { PATH: process.env.PATH, ...env },
      encoding: 'utf8',
    })
  }

  /** Starts the executable; the process is its own. */
  start(args: readonly string[]): ChildProcess {
    return spawn('unshare', this.#inside(args), { env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** The mounts end with the process, because they are in a name space of its own. */
  #inside(args: readonly string[]): readonly string[] {
    const mounts = kernels.map((name) => `mount --rbind /${name} '${join(this.#folder, name)}'`)
    const script = [...mounts, `exec chroot '${this.#folder}' /nodemend "$@"`].join(' && ')
    return ['--mount', 'sh', '-c', script, 'sh', ...args]
  }
}
