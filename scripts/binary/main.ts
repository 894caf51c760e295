/**
 * `npm run binary [-- MACHINE…]`: `dist/binary/nodemend-linux-MACHINE`, one executable that needs no Node, the same as gzip, and beside
 * it the two libraries that a bare machine may lack. Default: x64 and arm64.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { librariesFor } from '../image/runtime.ts'
import { architectures, buildBinary, compressed, machines, mostBytes, mostCompressed } from './binary.ts'

const root = join(import.meta.dirname, '..', '..')
/** The C library is part of every distribution that the executable runs on. */
const maybeMissing = ['libstdc++.so.6', 'libgcc_s.so.1']

async function main(named: readonly string[]): Promise<void> {
  const wrong = named.filter((one) => !machines.some((name) => name === one))
  if (wrong.length > 0) throw new Error(`no machine ${wrong.join(', ')}; there are ${machines.join(', ')}`)
  execFileSync(process.execPath, [join(root, 'scripts', 'build.ts')], { stdio: ['ignore', 'ignore', 'inherit'] })
  for (const machine of machines.filter((one) => named.length === 0 || named.includes(one))) {
    const file = join('dist', 'binary', `nodemend-linux-${machine}`)
    buildBinary(root, machine, join(root, file))
    const archive = compressed(join(root, file))
    writeFileSync(join(root, `${file}.gz`), archive)
    publish(file, readFileSync(join(root, file)), mostBytes)
    publish(`${file}.gz`, archive, mostCompressed)
    const folder = join(root, `${file}.libraries`)
    mkdirSync(folder, { recursive: true })
    for (const { path, bytes } of await librariesFor(architectures[machine], maybeMissing))
      writeFileSync(join(folder, basename(path)), bytes ?? '')
  }
}

/** Throws where the file is longer than we promise. */
function publish(file: string, bytes: Buffer, most: number): void {
  const digest = createHash('sha256').update(bytes).digest('hex')
  console.log(`${file}  ${(bytes.length / 1e6).toFixed(1)} MB  sha256:${digest}`)
  if (bytes.length > most) throw new Error(`${file} is longer than ${most / 1e6} MB`)
}

await main(process.argv.slice(2))
