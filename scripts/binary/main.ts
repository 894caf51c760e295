/**
 * `npm run binary [-- MACHINE…]`: `dist/binary/nodemend-linux-MACHINE`, one executable that needs no Node, and beside it the
 * two libraries that a bare machine may lack. Default: x64 and arm64.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Architecture, librariesFor } from '../image/runtime.ts'
import { buildBinary, type Machine, machines } from './binary.ts'

const root = join(import.meta.dirname, '..', '..')
const architectures: Readonly<Record<Machine, Architecture>> = { x64: 'amd64', arm64: 'arm64' }
/** The C library is part of every distribution that the executable runs on. */
const maybeMissing = ['libstdc++.so.6', 'libgcc_s.so.1']

async function main(named: readonly string[]): Promise<void> {
  const wrong = named.filter((one) => !machines.some((name) => name === one))
  if (wrong.length > 0) throw new Error(`no machine ${wrong.join(', ')}; there are ${machines.join(', ')}`)
  execFileSync(process.execPath, [join(root, 'scripts', 'build.ts')], { stdio: ['ignore', 'ignore', 'inherit'] })
  for (const machine of machines.filter((one) => named.length === 0 || named.includes(one))) {
    const file = join('dist', 'binary', `nodemend-linux-${machine}`)
    buildBinary(root, machine, join(root, file))
    const digest = createHash('sha256')
      .update(readFileSync(join(root, file)))
      .digest('hex')
    console.log(`${file}  ${(statSync(join(root, file)).size / 1e6).toFixed(1)} MB  sha256:${digest}`)
    const folder = join(root, `${file}.libraries`)
    mkdirSync(folder, { recursive: true })
    for (const { path, bytes } of await librariesFor(architectures[machine], maybeMissing))
      writeFileSync(join(folder, basename(path)), bytes ?? '')
  }
}

await main(process.argv.slice(2))
