/** Writes tar archives (ustar), byte for byte the same for the same entries: what an image layer and an OCI archive are. */

/** A path without a leading slash. Folders are made for every entry that lies in one. */
export interface TarEntry {
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  readonly bytes?: Uint8Array
  /** Target of a symbolic link. */
  readonly link?: string
}

const block = 512
const longestName = 100

/** Entries sorted by path, owned by root, with time 0. */
export function tar(entries: readonly TarEntry[]): Buffer {
  const all = [...foldersOf(entries), ...entries].sort((a, b) => (a.path < b.path ? -1 : 1))
  return Buffer.concat([...all.flatMap(blocksOf), Buffer.alloc(2 * block)])
}

function foldersOf(entries: readonly TarEntry[]): readonly TarEntry[] {
  const folders = new Set<string>()
  for (const { path } of entries) {
    for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1)) folders.add(path.slice(0, at + 1))
  }
  return [...folders].filter((path) => !entries.some((one) => one.path === path)).map((path) => ({ path, mode: 0o755 }))
}

function blocksOf({ path, mode, bytes = new Uint8Array(), link }: TarEntry): readonly Uint8Array[] {
  const header = Buffer.alloc(block)
  const { name, prefix } = splitName(path)
  header.write(name, 0)
  header.write(octal(mode, 8), 100)
  header.write(octal(0, 8), 108)
  header.write(octal(0, 8), 116)
  header.write(octal(link === undefined ? bytes.length : 0, 12), 124)
  header.write(octal(0, 12), 136)
  header.write('        ', 148) // the checksum counts as blanks
  header.write(link === undefined ? (path.endsWith('/') ? '5' : '0') : '2', 156)
  header.write(link ?? '', 157)
  header.write('ustar\u000000', 257)
  header.write(prefix, 345)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${octal(sum, 7)} `, 148)
  if (link !== undefined) return [header]
  return [header, bytes, Buffer.alloc((block - (bytes.length % block)) % block)]
}

/** A path of more than 100 bytes is split at a slash. */
function splitName(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= longestName) return { name: path, prefix: '' }
  const at = path.indexOf('/', Buffer.byteLength(path) - longestName - 1)
  if (at < 0 || at > 155) throw new RangeError(`${path} is too long for a tar header`)
  return { name: path.slice(at + 1), prefix: path.slice(0, at) }
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`
}
