/** Which reasons a person may acknowledge: those of the catalogue, of its tables, and those that the node shows itself. */
import type { CompiledCatalogue } from '../../catalog/compiled.ts'
import { nearest } from '../../model/nearest.ts'
import { shown } from '../../model/shown.ts'
import type { NodeObject } from '../../repair/observe/seen.ts'
import { CommandError } from '../io.ts'
import { warningsIn } from './warnings.ts'

/** Xid and SXid make reasons per number, also for numbers that no table has. */
const numbered = /^Nvidia(S?XID)\d{1,5}(Error|Warning)$/
const numberedLoosely = /^nvidia(s?xid)(\d{1,5})(error|warning)$/

/** Reasons in the conditions of the node, warnings included: a rule pack may have brought ones of its own. */
export function reasonsOn({ status }: NodeObject): readonly string[] {
  const conditions = status?.conditions ?? []
  return conditions.flatMap((one) => [...(one.reason ? [one.reason] : []), ...warningsIn(one.message ?? '')])
}

/** Throws `NM_ACKNOWLEDGE_REASON` with the name that may be meant. */
export function checkReason(reason: string, onNode: readonly string[], catalogue: CompiledCatalogue): void {
  const known = [...onNode, ...catalogue.reasons.map((one) => one.reason)]
  if (known.includes(reason) || numbered.test(reason)) return
  const near = nearCode(reason) ?? nearest(reason, known)
  const remedy =
    near === undefined
      ? 'nodemend why NODE names those of the node, docs/reference/catalogue.md all others'
      : `is ${near} meant?`
  throw new CommandError(
    'NM_ACKNOWLEDGE_REASON',
    shown`${reason} is no reason of the catalogue, and the node does not name it; ${remedy}`,
  )
}

function nearCode(reason: string): string | undefined {
  const [, family, code, severity] = numberedLoosely.exec(reason.toLowerCase()) ?? []
  if (family === undefined || severity === undefined) return undefined
  return `Nvidia${family.toUpperCase()}${code}${severity === 'error' ? 'Error' : 'Warning'}`
}
