/** What we tell the health check that asks: the conditions of its NodemendRemediation, from the record of the repair. */
import type { NodeView } from '../../model/node.ts'
import { type Attempt, isFinished } from '../../model/repair.ts'
import { nodeNameOf, type RemediationObject } from './request.ts'
import type { RemediationCondition } from './schema.ts'

/** The gate that refuses once nothing is left to try. */
const lastGate = 'attempts'
const longestMessage = 1_024

export interface Answer {
  readonly processing: 'True' | 'False'
  readonly succeeded: 'True' | 'False' | 'Unknown'
  /** The node will not come back under its name. */
  readonly permanent: boolean
  readonly reason: string
  readonly message: string
}

/** How the repair of the node stands, in the words of the contract. `node` is undefined where it is not there. */
export function answerTo(request: RemediationObject, node: NodeView | undefined, records: readonly Attempt[]): Answer {
  const record = recordFor(request, node, records)
  const permanent = record?.plan?.action === 'Replace'
  const goesOn = (reason: string, message: string): Answer => ({
    processing: 'True',
    succeeded: 'Unknown',
    permanent,
    reason,
    message,
  })
  const over = (succeeded: 'True' | 'False', reason: string, message: string): Answer => ({
    processing: 'False',
    succeeded,
    permanent,
    reason,
    message,
  })
  if (!record) {
    if (!node) return over('False', 'NodeNotFound', 'there is no such node')
    return goesOn('NoDecision', `no RepairPolicy has decided about ${node.name}; nodemend why ${node.name}`)
  }
  const why = record.phases.at(-1)?.why ?? ''
  switch (record.phase) {
    case 'Pending':
      return pending(record, goesOn, over)
    case 'Succeeded':
      return over('True', 'Succeeded', record.proof ?? why)
    case 'Failed':
      return node ? goesOn('Failed', `${why}; the next step of the ladder follows`) : over('False', 'Failed', why)
    case 'Cancelled':
      return goesOn('Cancelled', why)
    default:
      return goesOn(record.phase, why)
  }
}

function pending(
  { decision }: Attempt,
  goesOn: (reason: string, message: string) => Answer,
  over: (succeeded: 'False', reason: string, message: string) => Answer,
): Answer {
  const gate = decision?.gates.find((one) => one.answer !== 'allow')
  if (!gate) return goesOn('Waiting', 'every gate allows it')
  if (gate.gate === lastGate && gate.answer === 'refuse') return over('False', 'NeedsHuman', gate.why)
  return goesOn('Waiting', `gate ${gate.gate}: ${gate.why}`)
}

/** The open repair of the node, or the newest that began after it was asked for. */
function recordFor(
  request: RemediationObject,
  node: NodeView | undefined,
  records: readonly Attempt[],
): Attempt | undefined {
  const since = Date.parse(request.metadata.creationTimestamp ?? '')
  const name = nodeNameOf(request)
  const about = records.filter((one) => (node ? one.nodeUid === node.uid : one.nodeName === name))
  const open = about.find((one) => !isFinished(one.phase))
  return open ?? about.filter((one) => one.createdAt >= since).sort((a, b) => b.number - a.number)[0]
}

/** As the object carries it; one that has not changed keeps its time. `now`: wall clock. */
export function conditionsOf(
  { processing, succeeded, permanent, reason, message }: Answer,
  known: readonly RemediationCondition[],
  now: number,
): readonly RemediationCondition[] {
  const stamp = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z')
  const condition = (type: string, status: RemediationCondition['status']): RemediationCondition => {
    const before = known.find((one) => one.type === type)
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : stamp
    return { type, status, reason, message: message.slice(0, longestMessage), lastTransitionTime }
  }
  return [
    condition('Processing', processing),
    condition('Succeeded', succeeded),
    ...(permanent ? [condition('PermanentNodeDeletionExpected', 'True')] : []),
  ]
}
