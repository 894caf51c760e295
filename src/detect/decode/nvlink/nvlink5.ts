/**
 * Xid 144–150 (NVLink 5): the two hexadecimal words behind the link number say what happened. Both bit layouts of the
 * interrupt word are tried; no word fits both inside one Xid, so the driver's version is not needed.
 */
import type { Nvlink5Row } from '../../../catalog/compiled.ts'
import type { Severity } from '../../../model/finding.ts'

/** What the words, or failing them the line's own words, say. */
export interface Nvlink5Verdict {
  readonly severity: Severity
  readonly action: string
  readonly advice?: string
  /** How it was found: a decode row, the word Fatal or Nonfatal, or the number alone. */
  readonly by: 'row' | 'word' | 'number'
}

const words = /[([]\s*0x([\da-f]{1,8})(?:\s+0x([\da-f]{1,8}))?/i

/** Judges the text of an Xid 144–150; `fallback` is the severity of the number alone. */
export function judgeNvlink5(
  xid: number,
  text: string,
  rows: readonly Nvlink5Row[],
  fallback: Severity,
): Nvlink5Verdict {
  const found = words.exec(text)
  if (found?.[1] !== undefined && found[2] !== undefined) {
    const row = worstRow(xid, Number.parseInt(found[1], 16), Number.parseInt(found[2], 16), rows)
    if (row) return row
  }
  if (/\bnon-?fatal\b/i.test(text)) return { severity: 'warning', action: 'xid154-or-restart-app', by: 'word' }
  if (/\bfatal\b/i.test(text)) return { severity: 'fatal', action: 'reset-gpu', by: 'word' }
  return { severity: fallback, action: fallback === 'fatal' ? 'reset-gpu' : 'none', by: 'number' }
}

/** The row whose status equals; failing that, the worst of those whose status bits are all set: bits may come together. */
function worstRow(
  xid: number,
  interrupt: number,
  status: number,
  rows: readonly Nvlink5Row[],
): Nvlink5Verdict | undefined {
  const fitting = rows.filter((row) => row.xid === xid && patterns(row).some((bits) => fits(interrupt, bits)))
  const equal = fitting.filter((row) => row.status === undefined || Number(row.status) === status)
  const verdicts = (equal.length > 0 ? equal : fitting.filter((row) => contains(status, row))).map((row) =>
    verdictOf(row, interrupt),
  )
  return verdicts.find((verdict) => verdict.severity === 'fatal') ?? verdicts[0]
}

function verdictOf(row: Nvlink5Row, interrupt: number): Nvlink5Verdict {
  const promoted = [row.promoteV1, row.promoteV2].some((bits) => bits !== undefined && fits(interrupt, bits))
  const judged = promoted ? ({ severity: 'fatal', action: 'reset-gpu' } as const) : row
  return {
    severity: judged.severity,
    action: judged.action,
    ...(row.advice !== undefined && { advice: row.advice }),
    by: 'row',
  }
}

/** All words that a row stands for: ordinary and promoted, in both layouts. */
function patterns(row: Nvlink5Row): readonly string[] {
  return [row.intrV1, row.intrV2, row.promoteV1, row.promoteV2].filter((bits) => bits !== undefined)
}

function contains(status: number, row: Nvlink5Row): boolean {
  const bits = Number(row.status)
  return bits !== 0 && (status & bits) >>> 0 === bits
}

/** True when every `0` and `1` of the pattern, most significant first, stands in the word. */
function fits(word: number, pattern: string): boolean {
  for (let at = 0; at < 32; at++) {
    const want = pattern[at]
    if (want !== '-' && want !== (((word >>> (31 - at)) & 1) === 1 ? '1' : '0')) return false
  }
  return true
}
