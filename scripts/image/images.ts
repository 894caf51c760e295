/** Our images: agent and controller, for one architecture. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundledPackages } from './bundled.ts'
import { nativeFiles, ownFiles, type Program } from './content.ts'
import { nativeModule } from './native.ts'
import { type Image, ociImage } from './oci.ts'
import { type Architecture, runtimeFor } from './runtime.ts'
import { sbomOf } from './sbom.ts'

/** Largest compressed sizes, bytes: each node of a cluster pulls the agent. */
export const largest: Readonly<Record<Program, number>> = { agent: 45_000_000, controller: 55_000_000 }

export const programs: readonly Program[] = ['agent', 'controller']

/** Root reads the kernel log, and the state file lies in a folder of the host. */
const users: Readonly<Record<Program, string>> = { agent: '0:0', controller: '65532:65532' }

export interface BuiltImage extends Image {
  readonly reference: string
  readonly sbom: string
}

/** Needs the bundles. Throws when an image is larger than {@link largest}. */
export function buildImage(root: string, program: Program, architecture: Architecture): BuiltImage {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version: string }
  const reference = `ghcr.io/nodemend/${program}:${version}`
  const runtime = runtimeFor(root, architecture)
  const native = program === 'agent' ? [nativeModule(root, architecture)] : []
  const image = ociImage({
    reference,
    architecture,
    files: [...runtime.files, ...native.flatMap(nativeFiles), ...ownFiles(root, program)],
    entrypoint: ['/usr/bin/nodemend'],
    command: [program],
    user: users[program],
    labels: {
      'org.opencontainers.image.title': `nodemend ${program}`,
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
  })
  const most = largest[program]
  if (image.compressed > most)
    throw new Error(`the image of the ${program} has ${image.compressed} bytes, and may have ${most}`)
  const bundles = readdirSync(join(root, 'dist')).flatMap((name) => /^(.*)\.meta\.json$/.exec(name)?.[1] ?? [])
  const own = bundles.filter((name) => program === 'agent' || !name.startsWith('agent'))
  const parts = [...runtime.parts, ...native.map(({ part }) => part), ...bundledPackages(root, own)]
  return { ...image, reference, sbom: sbomOf({ name: reference, version, digest: image.digest }, parts) }
}
