/**
 * Searches all literals of all rules in one pass, so that only rules whose literal occurs are tried. A hash of the last
 * four bytes rolls along the line (Karp–Rabin without a modulus, case folded); where it equals a literal's hash, the
 * literal is compared. It costs one addition and two reads per byte and 64 KiB in all, because the agent runs without
 * V8's optimising compilers.
 */

export interface Prefilter {
  /**
   * Returns the numbers of the literals in `bytes[start, end)`, ordered by their hashed bytes, each at most once; empty
   * for nearly every line. The array is reused: read it before the next call.
   */
  find(bytes: Uint8Array, start: number, end: number): readonly number[]
  readonly tables: Tables
}

/** The lookup tables of the literals, in a form that skim.wat can copy. */
export interface Tables {
  /** The bucket number of each four-byte hash; 0 when no literal has it. */
  readonly buckets: Uint8Array
  /** Where each bucket's literals begin. */
  readonly starts: Uint32Array
  /**
   * Per literal: its length (u16, little endian; 0 ends the bucket), its number (u16), the count of its bytes up to the
   * end of the hashed ones (u8), then its bytes, case folded.
   */
  readonly literals: Uint8Array
}

/** Each byte shifts the hash by four bits, so sixteen bits hold the last four bytes. */
const shift = 4
const mask = 0xffff
const hashed = 4
/** The hashed bytes end at most this far into a literal. */
const furthestHashed = 200

const fold = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte)

const bucketCount = 256
/** Size and layout of the header before each literal in {@link Tables.literals}. */
const header = { bytes: 5, number: 2, hashEnd: 4 } as const

/** Builds the tables. Literals are compared byte by byte as UTF-8, ignoring the case of ASCII letters. */
export function buildPrefilter(literals: readonly string[]): Prefilter {
  const encoded = literals.map((text) => Uint8Array.from(Buffer.from(text), fold))
  const common = countHashes(encoded)
  const buckets = new Uint8Array(mask + 1)
  const contents: number[][] = Array.from({ length: bucketCount }, () => [])
  let used = 0
  encoded.forEach((bytes, number) => {
    const hashEnd = rarestEnd(bytes, common)
    const own = new Set<number>()
    for (const hash of hashesOf(bytes, hashEnd)) {
      // Hashes share buckets when there are more than a byte can number.
      if (buckets[hash] === 0) buckets[hash] = 1 + (used++ % (bucketCount - 1))
      own.add(buckets[hash] ?? 0)
    }
    const entry = [bytes.length & 255, bytes.length >> 8, number & 255, number >> 8, hashEnd, ...bytes]
    for (const bucket of own) contents[bucket]?.push(...entry)
  })
  return scanner(pack(buckets, contents))
}

function pack(buckets: Uint8Array, contents: readonly (readonly number[])[]): Tables {
  const end = [0, 0]
  const all = contents.map((entries) => [...entries, ...end])
  const starts = new Uint32Array(bucketCount)
  all.forEach((entries, bucket) => {
    starts[bucket + 1] = (starts[bucket] ?? 0) + entries.length // for the last bucket this is out of range and ignored
  })
  return { buckets, starts, literals: Uint8Array.from(all.flat()) }
}

/** The hash of up to four bytes before `end`. Setting bit 5 folds letters, and harmlessly some signs. */
function hashBefore(bytes: Uint8Array, end: number): number {
  let hash = 0
  for (let at = Math.max(0, end - hashed); at < end; at++) hash = ((hash << shift) ^ ((bytes[at] ?? 0) | 32)) & mask
  return hash
}

/** How often each hash occurs in the literals, as an estimate of how common it is in kernel lines. */
function countHashes(encoded: readonly Uint8Array[]): Uint16Array {
  const counts = new Uint16Array(mask + 1)
  for (const bytes of encoded) {
    for (let end = hashed; end <= bytes.length; end++) {
      const hash = hashBefore(bytes, end)
      counts[hash] = (counts[hash] ?? 0) + 1
    }
  }
  return counts
}

/** Where the rarest four bytes of a literal end; every false hit costs a comparison. */
function rarestEnd(bytes: Uint8Array, common: Uint16Array): number {
  let best = Math.min(hashed, bytes.length)
  for (let end = hashed; end <= Math.min(bytes.length, furthestHashed); end++) {
    if ((common[hashBefore(bytes, end)] ?? 0) < (common[hashBefore(bytes, best)] ?? 0)) best = end
  }
  return best
}

/** A literal shorter than the hash can follow any byte, so it has one hash per value of the missing bits. */
function hashesOf(bytes: Uint8Array, hashEnd: number): readonly number[] {
  const known = Math.min(hashed, hashEnd) * shift
  const low = hashBefore(bytes, hashEnd) & ((1 << known) - 1)
  return Array.from({ length: (mask + 1) >> known }, (_, high) => low | (high << known))
}

function scanner(tables: Tables): Prefilter {
  const { buckets, starts, literals } = tables
  const found: number[] = []
  const stands = (entry: number, bytes: Uint8Array, from: number, end: number): boolean => {
    const length = uint16(literals, entry)
    if (from + length > end) return false
    const first = entry + header.bytes
    for (let at = 0; at < length; at++) if (fold(bytes[from + at] ?? 0) !== literals[first + at]) return false
    return true
  }
  const compare = (bucket: number, bytes: Uint8Array, start: number, at: number, end: number): void => {
    let entry = starts[bucket] ?? 0
    for (let length = uint16(literals, entry); length > 0; length = uint16(literals, entry)) {
      const from = at - (literals[entry + header.hashEnd] ?? 0)
      const number = uint16(literals, entry + header.number)
      if (from >= start && stands(entry, bytes, from, end) && !found.includes(number)) found.push(number)
      entry += header.bytes + length
    }
  }
  return {
    tables,
    find(bytes, start, end) {
      if (found.length > 0) found.length = 0
      let hash = 0
      for (let at = start; at < end; at++) {
        hash = ((hash << shift) ^ ((bytes[at] as number) | 32)) & mask // `at` is in range
        const bucket = buckets[hash] as number // a hash has sixteen bits
        if (bucket !== 0) compare(bucket, bytes, start, at + 1, end)
      }
      return found
    },
  }
}

const uint16 = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
