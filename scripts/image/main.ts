/**
 * `npm run image [-- ARCHITECTURE…]`: both images as OCI archives with their parts lists in dist/image/, without an
 * engine. Default: amd64 and arm64.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildImage, programs } from './images.ts'
import type { Architecture } from './runtime.ts'

const root = join(import.meta.dirname, '..', '..')
const known: readonly Architecture[] = ['amd64', 'arm64']

async function main(named: readonly string[]): Promise<void> {
  const wrong = named.filter((one) => !known.some((name) => name === one))
  if (wrong.length > 0) throw new Error(`no architecture ${wrong.join(', ')}; there are ${known.join(', ')}`)
  execFileSync(process.execPath, [join(root, 'scripts', 'build.ts')], { stdio: ['ignore', 'ignore', 'inherit'] })
  const folder = join(root, 'dist', 'image')
  mkdirSync(folder, { recursive: true })
  for (const architecture of known.filter((one) => named.length === 0 || named.includes(one))) {
    for (const program of programs) {
      const { archive, sbom, digest, compressed } = await buildImage(root, program, architecture)
      const file = join('dist', 'image', `${program}-${architecture}`)
      writeFileSync(join(root, `${file}.tar`), archive)
      writeFileSync(join(root, `${file}.cdx.json`), sbom)
      console.log(`${file}.tar  ${(compressed / 1e6).toFixed(1)} MB  ${digest}`)
    }
  }
}

await main(process.argv.slice(2))
