/** The decoder `nvidia-sxid`: NVSwitch errors of A100 and H100 baseboards (`nvidia-nvswitchN: SXid (PCI:…): number, …`). */
import type { CompiledTables, SxidRow } from '../../../catalog/compiled.ts'
import type { Severity } from '../../../model/finding.ts'
import { joinText } from '../../lifecycle/join-text.ts'
import type { Decoded } from '../decoder.ts'
import { adviceFor, quote, rowOf } from './text.ts'

const head =
  /^(?:\[ {0,8}[TC]\d{1,10}\] )?(?:kernel: ?)?nvidia-nvswitch(\d{0,4}): {1,4}SXid ?\((?:PCI:)?([\da-f]{4,8}:[\da-f]{2}:[\da-f]{2}(?:\.[\da-f])?)\): {0,4}(\d{1,9})(?:,\s*|\s*$)/i

const word = /^(non-?fatal|fatal|correctable)(?=,|\s|$)[,\s]*/i

/** Further lines of the same event: a record beside its first line, and all that is left where that line was lost. */
const continuation = /^(?:Severity \d|Data ?\{|SOE HALT data\[)/i

/** Reads an SXid line. Lines that continue an event are records of it: they join its incident and condemn nothing. */
export function decodeSxid(line: string, tables: CompiledTables): Decoded | undefined {
  const found = head.exec(line)
  if (!found) return undefined
  const detail = line.slice(found[0].length).trim()
  if (continuation.test(detail)) return recordOf(Number(found[3]), (found[2] ?? '').toLowerCase(), detail)
  const said = word.exec(detail)
  const text = detail.slice(said?.[0].length ?? 0)
  const code = Number(found[3])
  const row = meaning(code, text, tables)
  const severity = severityOf(said?.[1]?.toLowerCase(), row, tables.unknown)
  const device = (found[2] ?? '').toLowerCase()
  const name = row?.name ?? 'a number this version does not know'
  const parts = [`SXid ${code} (${name}) on NVSwitch ${device}`, quote(text), adviceFor(row?.action ?? 'none')]
  return {
    reason: `NvidiaSXID${code}${severity === 'fatal' ? 'Error' : 'Warning'}`,
    entry: { fatal: 'NvidiaSxidError', warning: 'NvidiaSxidWarning', info: 'NvidiaSxidRecord' }[severity],
    severity,
    scope: 'hardware',
    code,
    device,
    message: joinText(parts),
    group: 'nvswitch', // a link that fails shows on several ports of the switch
  }
}

function recordOf(code: number, device: string, detail: string): Decoded {
  return {
    reason: `NvidiaSXID${code}Warning`,
    entry: 'NvidiaSxidRecord',
    severity: 'info',
    scope: 'hardware',
    code,
    device,
    message: joinText([`details of SXid ${code} on NVSwitch ${device}`, quote(detail)]),
    group: 'nvswitch',
  }
}

/** Some numbers changed their meaning between driver releases: there the text decides. */
function meaning(code: number, text: string, tables: CompiledTables): SxidRow | undefined {
  const move = tables.moved.find(
    (one) => code >= one.from && code <= one.to && one.texts.some((piece) => text.includes(piece)),
  )
  return rowOf(tables.sxids, move ? code + move.by : code)
}

/** The driver knows whether the port was contained, so its word counts; the table tells harmless non-fatal ones apart. */
function severityOf(said: string | undefined, row: SxidRow | undefined, unknown: Severity): Severity {
  if (said === 'fatal') return 'fatal'
  if (said === 'correctable') return 'info'
  if (said === undefined) return row?.severity ?? unknown
  return row?.severity === 'info' ? 'info' : 'warning'
}
