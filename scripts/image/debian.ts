/**
 * Debian's packages of an image, pinned by version and checksum in packages.json: the same content on any day. They come from
 * Debian's mirrors, or from its archive of all former versions once a mirror has a newer one.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached, cacheFolder } from './cache.ts'
import type { Architecture } from './runtime.ts'

interface Package {
  readonly name: string
  readonly version: string
  /** Folder in Debian's pool. */
  readonly pool: string
  /** SPDX expression. */
  readonly license: string
  readonly sha256: Readonly<Record<Architecture, string>>
}

const pins = JSON.parse(readFileSync(join(import.meta.dirname, 'packages.json'), 'utf8')) as {
  /** A time at which Debian's archive held all of them, as its addresses write it. */
  readonly snapshot: string
  readonly packages: readonly Package[]
} // the file beside this one

/** A mirror that does not answer within this time is passed over. */
const longestFetchMs = 60_000

/** Node's libraries, their licences, and coreutils for its chroot(1). */
export const packages = pins.packages

/** The folder into which the packages of an architecture are unpacked. Rejects where one cannot be fetched. */
export async function unpackedPackages(architecture: Architecture): Promise<string> {
  const folder = cacheFolder(folderName(architecture))
  if (existsSync(folder)) return folder
  const archives = await Promise.all(packages.map((one) => fetchPackage(one, architecture)))
  return cached(folderName(architecture), (into) => {
    for (const input of archives.map(dataOf)) execFileSync('tar', ['-xJ', '-C', into], { input })
  })
}

/** Other pins are another folder. */
function folderName(architecture: Architecture): string {
  const digests = packages.map((one) => one.sha256[architecture]).join()
  return `debian-${architecture}-${createHash('sha256').update(digests).digest('hex').slice(0, 12)}`
}

async function fetchPackage(one: Package, architecture: Architecture): Promise<Buffer> {
  const file = encodeURIComponent(`${one.name}_${one.version}_${architecture}.deb`)
  const addresses = [
    `http://deb.debian.org/debian/pool/${one.pool}/${file}`,
    `https://snapshot.debian.org/archive/debian/${pins.snapshot}/pool/${one.pool}/${file}`,
  ]
  const failures: string[] = []
  for (const address of addresses) {
    try {
      const answer = await fetch(address, { signal: AbortSignal.timeout(longestFetchMs) })
      if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`)
      const bytes = Buffer.from(await answer.arrayBuffer())
      const digest = createHash('sha256').update(bytes).digest('hex')
      if (digest !== one.sha256[architecture])
        throw new Error(`its SHA-256 is ${digest}, which packages.json does not name`)
      return bytes
    } catch (error) {
      failures.push(`${address}: ${(error as Error).message}`)
    }
  }
  throw new Error(`${one.name} ${one.version} for ${architecture} cannot be fetched: ${failures.join('; ')}`)
}

/** Of a Debian package, which is an ar(5) archive, the member that holds the files. */
function dataOf(archive: Buffer): Buffer {
  const headerLength = 60
  for (let at = 8; at < archive.length; ) {
    const header = archive.toString('latin1', at, at + headerLength)
    const size = Number(header.slice(48, 58))
    const start = at + headerLength
    if (header.startsWith('data.tar.xz')) return archive.subarray(start, start + size)
    at = start + size + (size % 2)
  }
  throw new Error('a package of Debian without data.tar.xz')
}
