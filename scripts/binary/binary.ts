/** Our programs and Node in one file: Node's single executable application, whose assets are the files of the package. */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { nodeProgram } from '../image/runtime.ts'

export type Machine = 'x64' | 'arm64'
export const machines: readonly Machine[] = ['x64', 'arm64']

/** Fixed by Node: where an executable says whether it holds a program, and the name under which it looks for one. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
const resource = 'NODE_SEA_BLOB'

/** Writes the executable to `file`. Needs the bundles. Throws where Node for `machine` cannot be had, or it cannot be written. */
export function buildBinary(root: string, machine: Machine, file: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-binary-'))
  try {
    const blob = join(folder, 'program.blob')
    const config = join(folder, 'config.json')
    writeFileSync(config, JSON.stringify(configOf(root, blob)))
    // The Node that goes into the file, because the form of the blob is that of its version.
    const node = nodeProgram(root, `node-linux-${process.arch}`).file
    quietly(node, ['--experimental-sea-config', config])
    mkdirSync(dirname(file), { recursive: true })
    rmSync(file, { force: true })
    copyFileSync(nodeProgram(root, `node-linux-${machine}`).file, file)
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

function configOf(root: string, output: string): object {
  const files = [
    ...readdirSync(join(root, 'dist'))
      .filter((name) => name.endsWith('.cjs') || name === 'catalogue.json')
      .map((name) => `dist/${name}`),
    ...readdirSync(join(root, 'catalog'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => `catalog/${name}`),
  ]
  return {
    main: join(root, 'scripts', 'binary', 'start.cjs'),
    output,
    disableExperimentalSEAWarning: true,
    // Both belong to the machine that builds, and the other one could not read them.
    useCodeCache: false,
    useSnapshot: false,
    // The agent starts itself a second time with the flags that save memory; NODE_OPTIONS of a session are not meant for it.
    execArgvExtension: 'cli',
    assets: Object.fromEntries(files.map((name) => [name, join(root, name)])),
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
