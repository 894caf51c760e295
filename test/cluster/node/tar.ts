/** Writes tar archives (ustar) of plain files: what an image layer and an OCI archive are made of. */

export interface TarEntry {
  /** Without a leading slash; at most 100 bytes. */
  readonly path: string
  readonly mode: number
  readonly bytes: Buffer
}

const BLOCK = 512

/** The archive, with owner root and time 0, so that equal files give equal bytes. */
export function tar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([
    ...entries.flatMap(({ path, mode, bytes }) => blocks(path, mode, bytes)),
    Buffer.alloc(2 * BLOCK),
  ])
}

function blocks(path: string, mode: number, bytes: Buffer): Buffer[] {
  if (Buffer.byteLength(path) > 100) throw new Error(`${path} is too long for a tar header`)
  const header = Buffer.alloc(BLOCK)
  header.write(path, 0)
  header.write(octal(mode, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(bytes.length, 12), 124)
  header.write(octal(0, 12), 136)
  header.write('        0', 148)
  header.write('ustar\u000000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 7)} `, 148)
  return [header, bytes, Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK)]
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`
}
