/**
 * One search for all literals of all rules: a line is read once, whatever the number of rules, and only rules whose
 * literal stands in it are tried. A hash of the last four bytes rolls along the line (Karp–Rabin without a modulus,
 * letter case folded); where it is the hash of a literal's own four bytes, that literal is compared. One addition and
 * two reads per byte, 64 KiB in all: it has to be cheap in an agent that runs without V8's optimising compilers.
 */

export interface Prefilter {
  /**
   * Numbers of the literals found in `bytes[start, end)`, in order of their hashed bytes, each at most once per call.
   * The array is reused: read it before the next call. Empty for nearly every line.
   */
  find(bytes: Uint8Array, start: number, end: number): readonly number[]
}

/** Each byte moves the hash by four bits, so sixteen bits hold the last four bytes. */
const shift = 4
const mask = 0xffff
const hashed = 4

const fold = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte)

/** A literal and which of its bytes are hashed. */
interface Needle {
  readonly id: number
  readonly bytes: Uint8Array
  /** How many of its bytes come before the end of the hashed ones, these included. */
  readonly hashEnd: number
}

/** Builds the tables. Literals are compared byte by byte as UTF-8, ASCII letters in any case. */
export function buildPrefilter(literals: readonly string[]): Prefilter {
  const encoded = literals.map((text) => Uint8Array.from(Buffer.from(text), fold))
  const common = countHashes(encoded)
  const needles = encoded.map((bytes, id) => ({ id, bytes, hashEnd: rarestEnd(bytes, common) }))
  const isHash = new Uint8Array(mask + 1)
  const byHash = new Map<number, Needle[]>()
  for (const needle of needles) {
    for (const hash of hashesOf(needle)) {
      isHash[hash] = 1
      byHash.set(hash, [...(byHash.get(hash) ?? []), needle])
    }
  }
  return scanner(isHash, byHash)
}

/** The hash of the up to four bytes that end before `end`. Setting bit 5 folds letters (and some signs, which is no harm). */
function hashBefore(bytes: Uint8Array, end: number): number {
  let hash = 0
  for (let at = Math.max(0, end - hashed); at < end; at++) hash = ((hash << shift) ^ ((bytes[at] ?? 0) | 32)) & mask
  return hash
}

/** How often each hash occurs in the literals: a stand-in for how common it is in kernel lines. */
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

/** Where the least common four bytes of a literal end: each false stop costs a comparison. */
function rarestEnd(bytes: Uint8Array, common: Uint16Array): number {
  let best = Math.min(hashed, bytes.length)
  for (let end = hashed; end <= bytes.length; end++) {
    if ((common[hashBefore(bytes, end)] ?? 0) < (common[hashBefore(bytes, best)] ?? 0)) best = end
  }
  return best
}

/** A literal shorter than the hash may follow anything, so it has as many hashes as the missing bits have values. */
function hashesOf({ bytes, hashEnd }: Needle): readonly number[] {
  const known = Math.min(hashed, hashEnd) * shift
  const low = hashBefore(bytes, hashEnd) & ((1 << known) - 1)
  return Array.from({ length: (mask + 1) >> known }, (_, high) => low | (high << known))
}

function scanner(isHash: Uint8Array, byHash: ReadonlyMap<number, readonly Needle[]>): Prefilter {
  const found: number[] = []
  return {
    find(bytes, start, end) {
      if (found.length > 0) found.length = 0
      let hash = 0
      for (let at = start; at < end; at++) {
        hash = ((hash << shift) ^ ((bytes[at] as number) | 32)) & mask // `at` is in range
        if (isHash[hash] === 0) continue
        for (const needle of byHash.get(hash) ?? []) {
          const from = at + 1 - needle.hashEnd
          if (from >= start && stands(needle.bytes, bytes, from, end) && !found.includes(needle.id))
            found.push(needle.id)
        }
      }
      return found
    },
  }
}

function stands(literal: Uint8Array, bytes: Uint8Array, from: number, end: number): boolean {
  if (from + literal.length > end) return false
  for (let at = 0; at < literal.length; at++) {
    if (fold(bytes[from + at] ?? 0) !== literal[at]) return false
  }
  return true
}
