/** Our images: agent and controller, for one architecture. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundledPackages } from './bundled.ts'
import { ownFiles, type Program } from './content.ts'
import { type Image, type ImageSpec, ociImage } from './oci.ts'
import { type Architecture, type Part, runtimeFor } from './runtime.ts'
import { sbomOf } from './sbom.ts'
import type { TarEntry } from './tar.ts'

/** Largest compressed sizes, bytes: each node of a cluster pulls the agent. */
export const largest: Readonly<Record<Program, number>> = { agent: 45_000_000, controller: 55_000_000 }

export const programs: readonly Program[] = ['agent', 'controller']

/** Root reads the kernel log, and the state file lies in a folder of the host. */
const users: Readonly<Record<Program, string>> = { agent: '0:0', controller: '65532:65532' }

export interface BuiltImage extends Image {
  readonly reference: string
  readonly sbom: string
}

/** What of an image is not a file. `deploy/image/Dockerfile` says the same, and a test compares the two. */
export function settingsOf(program: Program): Pick<ImageSpec, 'entrypoint' | 'command' | 'user'> {
  return { entrypoint: ['/usr/bin/nodemend'], command: [program], user: users[program] }
}

/** Every file of an image, and the parts that others made. Needs the bundles. Rejects where a part cannot be fetched. */
export async function contentOf(
  root: string,
  program: Program,
  architecture: Architecture,
): Promise<{ readonly files: readonly TarEntry[]; readonly parts: readonly Part[] }> {
  const runtime = await runtimeFor(root, architecture, { chroot: program === 'agent' })
  const bundles = readdirSync(join(root, 'dist')).flatMap((name) => /^(.*)\.meta\.json$/.exec(name)?.[1] ?? [])
  const own = bundles.filter((name) => program === 'agent' || !name.startsWith('agent'))
  return {
    files: [...runtime.files, ...ownFiles(root, program)],
    parts: [...runtime.parts, ...bundledPackages(root, own)],
  }
}

/** Needs the bundles. Rejects when an image is larger than {@link largest}. */
export async function buildImage(root: string, program: Program, architecture: Architecture): Promise<BuiltImage> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  const reference = `ghcr.io/nodemend/${program}:${version}`
  const { files, parts } = await contentOf(root, program, architecture)
  const image = ociImage({
    reference,
    architecture,
    files,
    ...settingsOf(program),
    labels: {
      'org.opencontainers.image.title': `nodemend ${program}`,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
  })
  const most = largest[program]
  if (image.compressed > most)
    throw new Error(`the image of the ${program} has ${image.compressed} bytes, and may have ${most}`)
  return { ...image, reference, sbom: sbomOf({ name: reference, version, digest: image.digest }, parts) }
}
