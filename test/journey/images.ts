/** The images that ship, for the test node. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unpackedPackages } from '../../scripts/image/debian.ts'
import { buildImage, programs } from '../../scripts/image/images.ts'

const root = join(import.meta.dirname, '..', '..')
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64'

/** Why the images cannot be built on this machine; undefined where they can. */
export async function whyNoImages(): Promise<string | undefined> {
  try {
    await unpackedPackages(architecture) // fetched once, and kept in the cache
    return undefined
  } catch (error) {
    return `the images need packages of Debian: ${(error as Error).message}`
  }
}

/** Writes both images as archives, made of the bundles in `dist/`; resolves to the files. */
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
