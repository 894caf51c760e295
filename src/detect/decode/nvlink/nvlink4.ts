/**
 * Xid 74 (NVLink 4 and older): seven registers follow the link number; 0, 2, 3 and 4 mean something on Hopper. They
 * change what people should look at, not the severity. Source: NVIDIA's NVLink workflow.
 */

interface RegisterRule {
  readonly register: number
  /** Any of these bits; absent: any bit at all. */
  readonly bits?: readonly number[]
  readonly meaning: string
}

/** The gravest first: one sentence is enough. */
const rules: readonly RegisterRule[] = [
  { register: 0, bits: [8, 9, 12, 16, 17, 24, 28], meaning: 'link hardware: reseat, then replace' },
  { register: 4, meaning: 'ECC error or hardware in the link unit' },
  { register: 0, bits: [4, 5], meaning: 'ECC or parity inside the link unit: hardware when one link repeats it' },
  { register: 0, bits: [21, 22], meaning: 'signal integrity: look at bridge, cable and seating' },
  { register: 0, bits: [27, 29], meaning: 'hardware when it repeats' },
  { register: 2, bits: [0, 1, 2, 6], meaning: 'hardware when it repeats' },
  { register: 2, bits: [13, 16, 17, 18, 19], meaning: 'only the vendor can tell' },
  { register: 3, bits: [18], meaning: 'only the vendor can tell' },
  { register: 0, bits: [1, 20], meaning: 'software or an unexpected state' },
  { register: 0, bits: [0, 23, 30], meaning: 'a consequence of an error elsewhere' },
]

const registers = /link (\d{1,3}) ?\((0x[\da-f]{1,8}(?:, ?0x[\da-f]{1,8}){0,6})\)/i

/** What the registers of an Xid 74 say, or undefined when there are none or they say nothing. */
export function readNvlink4(text: string): string | undefined {
  const found = registers.exec(text)
  if (!found) return undefined
  const values = (found[2] ?? '').split(',').map(Number)
  const rule = rules.find((one) => isSet(values[one.register] ?? 0, one.bits))
  return rule && `link ${Number(found[1])}: ${rule.meaning}`
}

function isSet(value: number, bits: readonly number[] | undefined): boolean {
  return bits === undefined ? value !== 0 : bits.some((bit) => ((value >>> bit) & 1) === 1)
}
