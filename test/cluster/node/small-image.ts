/** Small images for a test node, made of files of this machine: no registry and no image engine is needed. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { type TarEntry, tar } from './tar.ts'

export interface SmallImage {
  /** Reference, e.g. `docker.io/library/ubuntu:latest`. */
  readonly name: string
  /** Path in the image, and its content: a file of this machine, or bytes. All are executable. */
  readonly files: Readonly<Record<string, string | Buffer>>
  readonly entrypoint?: readonly string[]
}

export interface Blobs {
  readonly name: string
  /** Digest of the manifest. */
  readonly manifest: string
  /** Content by digest: manifest, configuration and the one layer. */
  readonly content: ReadonlyMap<string, Buffer>
}

export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'

/** An image of one layer with `files`, for this machine's architecture. */
export function buildImage({ name, files, entrypoint = [] }: SmallImage): Blobs {
  const content = new Map<string, Buffer>()
  const add = (mediaType: string, bytes: Buffer): { mediaType: string; digest: string; size: number } => {
    const digest = digestOf(bytes)
    content.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const layer = tar(
    Object.entries(files).map(
      ([path, source]): TarEntry => ({
        path,
        mode: 0o755,
        bytes: typeof source === 'string' ? readFileSync(source) : source,
      }),
    ),
  )
  const configuration = {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    config: { Entrypoint: entrypoint, Env: ['PATH=/usr/sbin:/usr/bin:/bin'] },
    rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: add('application/vnd.oci.image.config.v1+json', asJson(configuration)),
    layers: [add('application/vnd.oci.image.layer.v1.tar+gzip', gzipSync(layer))],
  }
  return { name, manifest: add(MANIFEST_TYPE, asJson(manifest)).digest, content }
}

/** The image as an OCI archive, for `ctr images import`. */
export function archiveOf({ name, manifest, content }: Blobs): Buffer {
  const size = content.get(manifest)?.length ?? 0
  const annotations = { 'io.containerd.image.name': name }
  const index = { schemaVersion: 2, manifests: [{ mediaType: MANIFEST_TYPE, digest: manifest, size, annotations }] }
  return tar([
    { path: 'oci-layout', mode: 0o644, bytes: asJson({ imageLayoutVersion: '1.0.0' }) },
    { path: 'index.json', mode: 0o644, bytes: asJson(index) },
    ...[...content].map(([digest, bytes]) => ({ path: `blobs/${digest.replace(':', '/')}`, mode: 0o644, bytes })),
  ])
}

/** A shell and the few commands that the guide's pods call, with the libraries they need. */
export function shellFiles(): Readonly<Record<string, string>> {
  const commands = {
    'bin/sh': '/bin/dash',
    'bin/cat': '/bin/cat',
    'bin/sleep': '/bin/sleep',
    'bin/dmesg': '/bin/dmesg',
  }
  return Object.assign({}, commands, ...Object.values(commands).map(librariesOf))
}

/** The shared libraries and the loader that a program names, by their path in an image. */
export function librariesOf(program: string): Readonly<Record<string, string>> {
  const said = execFileSync('ldd', [program], { encoding: 'utf8' })
  const paths = [...said.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)
  return Object.fromEntries(paths.map((path) => [path.slice(1), realpathSync(path)]))
}

const asJson = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
