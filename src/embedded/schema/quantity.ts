/** Kubernetes quantities (`500m`, `16Gi`, `1e3`): parsing to a number and the canonical text the API answers with. */

const binary: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
}
const decimal: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const form = /^([+-]?)(\d*)(?:\.(\d*))?(?:(Ki|Mi|Gi|Ti|Pi|Ei)|([numkMGTPE])|[eE]([+-]?\d{1,2}))?$/

interface Parsed {
  /** The value in units of 10^-9. */
  readonly nano: bigint
  readonly style: 'binary' | 'decimal' | 'exponent'
}

/** Undefined when `text` is not a quantity. Finer than 10^-9 rounds up, as upstream does. */
function parse(text: string): Parsed | undefined {
  const [, sign, whole = '', fraction = '', binarySuffix, decimalSuffix, exponent] = form.exec(text) ?? []
  if (sign === undefined || (whole === '' && fraction === '')) return undefined
  const power = exponent === undefined ? (decimal[decimalSuffix ?? ''] ?? 0) : Number(exponent)
  const digits = BigInt(`${whole}${fraction}`) * (binarySuffix ? (binary[binarySuffix] ?? 1n) : 1n)
  const shift = 9 + power - fraction.length
  const divisor = shift < 0 ? 10n ** BigInt(-shift) : 1n
  const nano = shift >= 0 ? digits * 10n ** BigInt(shift) : (digits + divisor - 1n) / divisor
  const style = binarySuffix ? 'binary' : exponent === undefined ? 'decimal' : 'exponent'
  return { nano: sign === '-' ? -nano : nano, style }
}

/** The quantity as a number in base units (cores, bytes); NaN when it is none. */
export function quantityValue(text: string): number {
  const parsed = parse(text)
  return parsed === undefined ? Number.NaN : Number(parsed.nano) / 1e9
}

/** The canonical text: no fraction, the largest suffix that keeps it exact. Undefined when `text` is no quantity. */
export function canonicalQuantity(text: string): string | undefined {
  const parsed = parse(text)
  if (!parsed) return undefined
  if (parsed.nano === 0n) return '0'
  const negative = parsed.nano < 0n
  const size = negative ? -parsed.nano : parsed.nano
  const body = (parsed.style === 'binary' && binaryText(size)) || decimalText(size, parsed.style === 'exponent')
  return `${negative ? '-' : ''}${body}`
}

function binaryText(nano: bigint): string | undefined {
  if (nano % 1_000_000_000n !== 0n) return undefined
  const units = nano / 1_000_000_000n
  if (units < 1024n) return units.toString()
  let best = ['', 1n] as const as readonly [string, bigint]
  for (const [suffix, factor] of Object.entries(binary)) if (units % factor === 0n) best = [suffix, factor]
  return `${units / best[1]}${best[0]}`
}

function decimalText(nano: bigint, exponent: boolean): string {
  let power = -9
  let rest = nano
  while (rest % 1000n === 0n && power < 18) {
    rest /= 1000n
    power += 3
  }
  const suffix = Object.entries(decimal).find(([, value]) => value === power)?.[0] ?? ''
  return exponent && power !== 0 ? `${rest}e${power}` : `${rest}${suffix}`
}
