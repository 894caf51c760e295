/** A failed scenario for people: what was wanted, what happened, and the record that says why. */
import { formatDuration } from '../../catalog/duration.ts'
import type { GateRecord } from '../../model/decision.ts'
import type { Attempt } from '../../model/repair.ts'
import { shownText } from '../../model/shown.ts'
import type { Place } from '../scenario/place.ts'
import type { Failure, Played } from './play.ts'
import type { Mismatch } from './see.ts'
import { newestOf } from './stage.ts'

/** Most characters of one line; texts of others are in them. */
const longestLine = 400

/** One block: `place` is where the part stands that failed. */
export function failureText(title: string, place: Place, failure: Failure, played: Played, startMs: number): string {
  const lines = [
    `FAIL ${title}`,
    `  ${place.file}:${place.line}: after ${formatDuration(Math.round(failure.atMs / 1000) * 1000)}`,
    ...failure.mismatches.map((one) => `  ${mismatchText(failure, one)}`),
  ]
  const nodes = new Set(failure.mismatches.flatMap(({ node }) => node ?? []))
  for (const node of nodes)
    lines.push(...recordText(node, newestOf(played.stage, node), startMs).map((line) => `  ${line}`))
  if (nodes.size === 0) lines.push(...[...played.stage.repairs.values()].map((one) => `  ${summary(one)}`))
  return lines.map((line) => `${shownText(line, longestLine)}\n`).join('')
}

function mismatchText({ part }: Failure, { field, wanted, found, node }: Mismatch): string {
  if (part === 'never') return `never ${field}: ${wanted}${found}`
  const what = [node, field].filter(Boolean).join(' ')
  return what === '' ? `it cannot happen: ${found}` : `${what}: wanted ${wanted}, found ${found}`
}

function summary({ name, nodeName, phase, decision }: Attempt): string {
  const decided = decision ? `, ${decision.outcome}${decision.decidedBy ? ` by gate ${decision.decidedBy}` : ''}` : ''
  return `repair ${name} of ${nodeName}: ${phase}${decided}`
}

/** The decision record as it stands, and the way of the repair. */
function recordText(node: string, record: Attempt | undefined, startMs: number): readonly string[] {
  if (!record) return [`${node} has no repair on record: no policy matches a condition of it`]
  const { decision, phases, drain } = record
  const rule = decision?.rule
  const ruled = rule
    ? [`  policy ${rule.policy} (${rule.mode}): ${rule.action} for ${rule.condition}=${rule.status} (${rule.reason})`]
    : []
  return [
    summary(record),
    ...ruled,
    ...gatesText(decision?.gates ?? []).map((line) => `  ${line}`),
    ...phases.map(({ phase, at, why }) => `  ${offset(at - startMs)} ${phase}: ${why}`),
    ...(drain?.blockers ?? []).map(({ pod, reason }) => `  blocked by pod ${pod}: ${reason}`),
  ]
}

/** Gates that allow are named, the others told. */
function gatesText(gates: readonly GateRecord[]): readonly string[] {
  const allowing = gates.filter(({ answer }) => answer === 'allow').map(({ gate }) => gate)
  const others = gates.filter(({ answer }) => answer !== 'allow').map(gateText)
  return allowing.length === 0 ? others : [`allow  ${allowing.join(', ')}`, ...others]
}

function gateText({ gate, answer, why, change }: GateRecord): string {
  return `${answer.padEnd(6)} ${gate.padEnd(13)} ${why}${change === undefined ? '' : ` (changes when: ${change})`}`
}

function offset(ms: number): string {
  return `after ${formatDuration(Math.max(0, Math.round(ms / 1000) * 1000))}`.padEnd(12)
}
