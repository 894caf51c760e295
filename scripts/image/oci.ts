/** An image of one layer as an OCI archive (image-spec 1.1): what `ctr images import`, `skopeo` and `podman load` take. */
import { createHash } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'
import { type TarEntry, tar } from './tar.ts'

export interface ImageSpec {
  /** Reference that importing programs give it, `ghcr.io/nodemend/agent:0.1.0`. */
  readonly reference: string
  readonly architecture: 'amd64' | 'arm64'
  readonly files: readonly TarEntry[]
  readonly entrypoint: readonly string[]
  readonly command: readonly string[]
  /** `uid:gid`. */
  readonly user: string
  readonly labels: Readonly<Record<string, string>>
}

export interface Image {
  /** Digest of the manifest: the same for the same content. */
  readonly digest: string
  /** What a registry stores and a node pulls, bytes. */
  readonly compressed: number
  readonly archive: Buffer
}

const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const configType = 'application/vnd.oci.image.config.v1+json'
/** containerd 1.5, CRI-O 1.20 and Docker 23 read zstd, which is a sixth smaller than gzip here. */
const layerType = 'application/vnd.oci.image.layer.v1.tar+zstd'
/** A higher level takes ten times as long for two hundredths less. */
const level = 9

/** Environment of an image. */
export const searchPath = 'PATH=/usr/bin:/bin'

interface Blob {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
}

export function ociImage({ reference, architecture, files, entrypoint, command, user, labels }: ImageSpec): Image {
  const blobs = new Map<string, Buffer>()
  const add = (mediaType: string, bytes: Buffer): Blob => {
    const digest = digestOf(bytes)
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const layer = tar(files)
  const config = add(
    configType,
    json({
      architecture,
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: {
        User: user,
        Env: [searchPath],
        Entrypoint: entrypoint,
        Cmd: command,
        WorkingDir: '/',
        Labels: labels,
      },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'npm run image' }],
    }),
  )
  const packed = add(layerType, zstdCompressSync(layer, { params: { [constants.ZSTD_c_compressionLevel]: level } }))
  const annotations = { 'org.opencontainers.image.version': labels['org.opencontainers.image.version'] ?? '' }
  const manifest = add(
    manifestType,
    json({ schemaVersion: 2, mediaType: manifestType, config, layers: [packed], annotations }),
  )
  const [, tag = ''] = /:([\w.-]+)$/.exec(reference) ?? []
  const names = { 'org.opencontainers.image.ref.name': tag, 'io.containerd.image.name': reference }
  const platform = { architecture, os: 'linux' }
  const index = { schemaVersion: 2, manifests: [{ ...manifest, platform, annotations: names }] }
  return {
    digest: manifest.digest,
    compressed: packed.size + config.size + manifest.size,
    archive: tar([
      { path: 'oci-layout', mode: 0o644, bytes: json({ imageLayoutVersion: '1.0.0' }) },
      { path: 'index.json', mode: 0o644, bytes: json(index) },
      ...[...blobs].map(([digest, bytes]) => ({ path: `blobs/${digest.replace(':', '/')}`, mode: 0o644, bytes })),
    ]),
  }
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
