/** The parts of an image as a CycloneDX 1.6 document. */
import { createHash } from 'node:crypto'
import type { Part } from './runtime.ts'

export interface Subject {
  readonly name: string
  readonly version: string
  /** Digest of the image that it describes. */
  readonly digest: string
}

/** The same text for the same parts: no time, and a serial number that follows from the content. */
export function sbomOf({ name, version, digest }: Subject, parts: readonly Part[]): string {
  const components = parts.map((part) => ({
    type: 'library',
    'bom-ref': part.purl,
    name: part.name,
    version: part.version,
    licenses: [/ /.test(part.license) ? { expression: part.license } : { license: { id: part.license } }],
    purl: part.purl,
  }))
  const hash = createHash('sha256')
    .update(JSON.stringify([digest, components]))
    .digest('hex')
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(hash)}`,
    version: 1,
    metadata: {
      component: {
        type: 'container',
        'bom-ref': digest,
        name,
        version,
        licenses: [{ license: { id: 'Apache-2.0' } }],
        hashes: [{ alg: 'SHA-256', content: digest.replace('sha256:', '') }],
      },
    },
    components,
    dependencies: [{ ref: digest, dependsOn: components.map((one) => one['bom-ref']) }],
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

/** A UUID of version 8, whose bits are ours to choose (RFC 9562). */
function uuidOf(hash: string): string {
  const bits = `${hash.slice(0, 12)}8${hash.slice(13, 16)}8${hash.slice(17, 32)}`
  return [0, 8, 12, 16, 20].map((at, index) => bits.slice(at, [8, 12, 16, 20, 32][index])).join('-')
}
