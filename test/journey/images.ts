/** The images that ship, for the test node. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { unpackedPackages } from '../../scripts/image/debian.ts'
import { buildImage, programs } from '../../scripts/image/images.ts'
import { skipped } from '../cluster/suite.ts'

const root = join(import.meta.dirname, '..', '..')

const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'

/** Whether the images can be made here; if not, the test is skipped and says why. Fetches Debian's packages once. */
export async function hasImages(t: TestContext): Promise<boolean> {
  try {
    await unpackedPackages(architecture)
    return true
  } catch (error) {
    const why = `SKIPPED, NOT TESTED: everything that needs our images, because ${(error as Error).message}.`
    process.stderr.write(`${why}\n`)
    return skipped(t, why)
  }
}

/** Writes both images as archives, made of the bundles in `dist/`; resolves to the files. Rejects as `buildImage` does. */
export async function writeImages(folder: string): Promise<string[]> {
  mkdirSync(folder, { recursive: true })
  const files: string[] = []
  for (const program of programs) {
    const { archive } = await buildImage(root, program, architecture)
    const file = join(folder, `${program}.tar`)
    writeFileSync(file, archive)
    files.push(file)
  }
  return files
}
