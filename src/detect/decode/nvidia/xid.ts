/** The decoder `nvidia-xid`: what an Xid line means, by the table of numbers and by what the driver wrote beside it. */
import type { CompiledTables, XidRow } from '../../../catalog/compiled.ts'
import type { Scope, Severity } from '../../../model/finding.ts'
import { joinText } from '../../lifecycle/join-text.ts'
import type { Decoded } from '../decoder.ts'
import { readNvlink4 } from '../nvlink/nvlink4.ts'
import { judgeNvlink5 } from '../nvlink/nvlink5.ts'
import { adviceFor, quote, rowOf } from './text.ts'
import { readXidLine, type XidLine } from './xid-line.ts'

/**
 * Whatever one GPU reports within a minute is one incident, whose gravest line leads: bus loss is 79, then 154, then a
 * rain of 45 and 119. The rules for NVRM lines in catalog/nvidia.yaml use the same name.
 */
/** The group of everything that one NVIDIA card reports. */
export const gpuIncident = 'nvidia-gpu'

interface Verdict {
  readonly severity: Severity
  readonly scope: Scope
  readonly action: string
  /** What the decoding adds to the line's own text. */
  readonly note?: string
  readonly recovery?: boolean
}

/** Reads an Xid line; a number that no table knows is kept, with the table's severity for unknown numbers. */
export function decodeXid(text: string, tables: CompiledTables): Decoded | undefined {
  const line = readXidLine(text)
  if (!line) return undefined
  const row = rowOf(tables.xids, line.code)
  const verdict = judge(line, row, tables)
  return {
    reason: reasonOfXid(line.code, verdict.severity),
    entry: entryOf(verdict),
    severity: verdict.severity,
    scope: verdict.scope,
    code: line.code,
    device: line.device,
    message: messageOf(line, row, verdict),
    group: gpuIncident,
    ...(verdict.recovery && { recovery: true }),
  }
}

/** The reason of one number, as the EKS node monitoring agent names it. */
export function reasonOfXid(code: number, severity: Severity): string {
  return `NvidiaXID${code}${severity === 'fatal' ? 'Error' : 'Warning'}`
}

/** The catalogue entry whose life cycle applies. A recovery ends what NvidiaXidError raised. */
function entryOf(verdict: Verdict): string {
  if (verdict.severity === 'fatal' || verdict.recovery) return 'NvidiaXidError'
  if (verdict.scope === 'application') return 'NvidiaXidApplication'
  return verdict.severity === 'warning' ? 'NvidiaXidWarning' : 'NvidiaXidRecord'
}

function judge(line: XidLine, row: XidRow | undefined, tables: CompiledTables): Verdict {
  if (!row) return { severity: tables.unknown, scope: 'hardware', action: 'none' }
  if (line.code === 154) return { ...row, ...recoveryAction(line.text) }
  if (line.code === 94 || line.code === 95) return { ...row, ...resetFlags(line.text) }
  if (line.code === 74) return { ...row, ...noted(readNvlink4(line.text)) }
  if (line.code >= 144 && line.code <= 150) {
    const found = judgeNvlink5(line.code, line.text, tables.nvlink5, row.severity)
    return { ...row, severity: found.severity, action: found.action, ...noted(found.advice?.replaceAll('-', ' ')) }
  }
  return row
}

function noted(note: string | undefined): Pick<Verdict, 'note'> {
  return note === undefined ? {} : { note }
}

const targets: readonly Pick<Verdict, 'severity' | 'action' | 'recovery'>[] = [
  { severity: 'info', action: 'none', recovery: true },
  { severity: 'fatal', action: 'reset-gpu' },
  { severity: 'fatal', action: 'reboot-node' },
  { severity: 'fatal', action: 'drain-p2p' },
  { severity: 'fatal', action: 'drain-and-reset' },
  { severity: 'fatal', action: 'recover-imex' },
]

/** Xid 154: the driver says what it needs now. The number counts, the wording differs between releases. */
function recoveryAction(text: string): Pick<Verdict, 'severity' | 'action' | 'recovery'> {
  const found = /\bto 0x([\da-f]{1,8})\b/i.exec(text)
  const target = found ? targets[Number.parseInt(found[1] ?? '', 16)] : undefined
  return target ?? { severity: 'warning', action: 'none' }
}

/** Xid 94 and 95 end with the driver's own verdict: reset, or drain and then reset. */
function resetFlags(text: string): Partial<Verdict> {
  if (/\bD-RST: ?Yes\b/i.test(text)) return { severity: 'fatal', action: 'drain-and-reset' }
  if (/(?<!D-)\bRST: ?Yes\b/i.test(text)) return { severity: 'fatal', action: 'reset-gpu' }
  return {}
}

function messageOf(line: XidLine, row: XidRow | undefined, verdict: Verdict): string {
  const where = line.instance === undefined ? line.device : `${line.device} (${line.instance})`
  const what = `Xid ${line.code} (${row?.name.replaceAll('-', ' ') ?? 'a number this version does not know'}) on GPU ${where}`
  const said = line.text === '' ? what : `${what}: ${quote(line.text)}`
  return joinText([said, verdict.note, processOf(line), adviceFor(verdict.action)])
}

function processOf(line: XidLine): string | undefined {
  if (line.process === undefined) return line.pid === undefined ? undefined : `process ${line.pid}`
  return `process ${quote(line.process)}${line.pid === undefined ? '' : ` (pid ${line.pid})`}`
}
