/** Our programs and Node in one file: Node's single executable application, whose assets are the files of the package. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { type NativeModule, nativeModule } from '../image/native.ts'
import { type Architecture, type NodeProgram, nodeProgram } from '../image/runtime.ts'
import { section } from '../licences.ts'

export type Machine = 'x64' | 'arm64'
export const machines: readonly Machine[] = ['x64', 'arm64']
export const architectures: Readonly<Record<Machine, Architecture>> = { x64: 'amd64', arm64: 'arm64' }

/** An executable is at most this long, and at most this long as gzip; both in bytes. */
export const mostBytes = 140_000_000
export const mostCompressed = 50_000_000

/** Fixed by Node: where an executable says whether it holds a program, and the name under which it looks for one. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
const resource = 'NODE_SEA_BLOB'

/** Writes the executable to `file`. Needs the bundles. Throws where Node for `machine` cannot be had, or it cannot be written. */
export function buildBinary(root: string, machine: Machine, file: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-binary-'))
  try {
    const blob = join(folder, 'program.blob')
    const config = join(folder, 'config.json')
    const node = nodeProgram(root, `node-linux-${machine}`)
    const native = nativeModule(root, architectures[machine])
    const own = { 'koffi.node': native.bytes, 'dist/licences.txt': licences(root, node, native) }
    for (const [name, bytes] of Object.entries(own)) writeFileSync(join(folder, basename(name)), bytes)
    const assets = { ...shippedFiles(root), ...mapped(Object.keys(own), (name) => join(folder, basename(name))) }
    writeFileSync(config, JSON.stringify(configOf(root, blob, assets)))
    // The same version as the Node that goes into the file, because the form of the blob is that of the version.
    quietly(nodeProgram(root, `node-linux-${process.arch}`).file, ['--experimental-sea-config', config])
    mkdirSync(dirname(file), { recursive: true })
    rmSync(file, { force: true })
    copyFileSync(node.file, file)
    chmodSync(file, 0o755)
    const postject = createRequire(import.meta.url).resolve('postject/dist/cli.js')
    quietly(process.execPath, [postject, file, resource, blob, '--sentinel-fuse', fuse])
  } catch (error) {
    rmSync(file, { force: true })
    throw error
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The executable as gzip, for the way to the machine. The same bytes each time. */
export function compressed(file: string): Buffer {
  return gzipSync(readFileSync(file), { level: 9 })
}

type Assets = Readonly<Record<string, string>>

/** Paths in the package, and where the files are. */
function shippedFiles(root: string): Assets {
  const files = [
    ...readdirSync(join(root, 'dist'))
      .filter((name) => name.endsWith('.cjs') || name === 'catalogue.json')
      .map((name) => `dist/${name}`),
    ...readdirSync(join(root, 'catalog'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => `catalog/${name}`),
  ]
  return mapped(files, (name) => join(root, name))
}

function mapped(names: readonly string[], file: (name: string) => string): Assets {
  return Object.fromEntries(names.map((name) => [name, file(name)]))
}

function licences(root: string, node: NodeProgram, native: NativeModule): string {
  const { name, version, license } = native.part
  return [
    readFileSync(join(root, 'dist', 'licences.txt'), 'utf8'),
    section(`${name} ${version} (${license})`, native.license.toString()),
    section(`Node ${node.version}, with what it holds`, readFileSync(node.license, 'utf8')),
  ].join('\n')
}

function configOf(root: string, output: string, assets: Assets): object {
  return {
    main: join(root, 'scripts', 'binary', 'start.cjs'),
    output,
    disableExperimentalSEAWarning: true,
    // Both belong to the machine that builds, and the other one could not read them.
    useCodeCache: false,
    useSnapshot: false,
    // The agent starts itself a second time with the flags that save memory; NODE_OPTIONS of a session are not meant for it.
    execArgvExtension: 'cli',
    assets,
  }
}

/** The output is shown only when the program fails. */
function quietly(program: string, args: readonly string[]): void {
  try {
    execFileSync(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { readonly stdout: Buffer; readonly stderr: Buffer } // of execFileSync
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`)
  }
}
