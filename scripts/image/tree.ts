/** `node bin/run.cjs scripts/image/tree.ts PROGRAM ARCHITECTURE FOLDER`: the files of an image, for `deploy/image/Dockerfile`. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { contentOf, programs } from './images.ts'
import { tar } from './tar.ts'

const root = join(import.meta.dirname, '..', '..')

async function main([named, architecture, folder]: readonly string[]): Promise<void> {
  const program = programs.find((one) => one === named)
  if (program === undefined || folder === undefined || (architecture !== 'amd64' && architecture !== 'arm64'))
    throw new Error(`usage: tree.ts ${programs.join('|')} amd64|arm64 FOLDER`)
  execFileSync(process.execPath, [join(root, 'scripts', 'build.ts')], { stdio: ['ignore', 'ignore', 'inherit'] })
  const { files } = await contentOf(root, program, architecture)
  mkdirSync(folder, { recursive: true })
  execFileSync('tar', ['-x', '-p', '-C', folder], { input: tar(files), stdio: ['pipe', 'ignore', 'inherit'] })
}

await main(process.argv.slice(2))
