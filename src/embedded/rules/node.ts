/** Nodes: the not-ready taint of admission, taint checks, an identity that cannot change. */
import { type Cause, duplicate, forbiddenField, invalidValue, notSupported, required } from '../failure.ts'
import { type ApiObject, at, type Json, type JsonObject, listAt, textAt, withAt } from '../json.ts'
import { qualifiedCauses } from './metadata.ts'
import type { Rules } from './rules.ts'

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
const notReady = 'node.kubernetes.io/not-ready'

/** A new node gets the not-ready taint, which the node controller removes when the node is ready. */
function create(node: ApiObject): ApiObject {
  const taints = listAt(node, 'spec', 'taints')
  const known = taints.some((taint) => taint.key === notReady && taint.effect === 'NoSchedule')
  return known ? node : withAt(node, ['spec', 'taints'], [...taints, { key: notReady, effect: 'NoSchedule' }])
}

function validate(node: ApiObject): Cause[] {
  const seen = new Set<string>()
  return listAt(node, 'spec', 'taints').flatMap((taint, index) => {
    const path = `metadata.taints[${index}]`
    const causes: Cause[] = []
    const key = textAt(taint, 'key')
    const effect = textAt(taint, 'effect')
    causes.push(...qualifiedCauses(key, `${path}.key`))
    if (effect === '') causes.push(required(`${path}.effect`))
    else if (!effects.includes(effect)) causes.push(notSupported(`${path}.effect`, effect, effects))
    const identity = `${key}:${effect}`
    if (seen.has(identity)) causes.push(duplicate(path, goTaint(taint), 'taints must be unique by key and effect pair'))
    seen.add(identity)
    return causes
  })
}

/** A taint as the real server prints its internal type. */
function goTaint(taint: JsonObject): Json {
  return { Key: textAt(taint, 'key'), Value: textAt(taint, 'value'), Effect: textAt(taint, 'effect'), TimeAdded: null }
}

function validateUpdate(next: ApiObject, live: ApiObject): Cause[] {
  const before = textAt(live, 'spec', 'providerID')
  const causes: Cause[] = []
  if (before !== '' && before !== textAt(next, 'spec', 'providerID')) {
    causes.push(forbiddenField('spec.providerID', 'node updates may not change providerID except from "" to valid'))
  }
  const cidrs = at(live, 'spec', 'podCIDRs')
  if (cidrs !== undefined && JSON.stringify(cidrs) !== JSON.stringify(at(next, 'spec', 'podCIDRs'))) {
    causes.push(forbiddenField('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid'))
  }
  return causes
}

/** Allocatable defaults to capacity. */
function defaults(node: ApiObject): ApiObject {
  const capacity = at(node, 'status', 'capacity')
  const known = at(node, 'status', 'allocatable')
  return known === undefined && capacity !== undefined ? withAt(node, ['status', 'allocatable'], capacity) : node
}

export const nodeRules: Rules = { defaults, create, keepStatusOnCreate: true, validate, validateUpdate }

/** Leases: durations are positive. */
export const leaseRules: Rules = {
  validate(lease) {
    const seconds = at(lease, 'spec', 'leaseDurationSeconds')
    const transitions = at(lease, 'spec', 'leaseTransitions')
    return [
      ...(typeof seconds === 'number' && seconds <= 0
        ? [invalidValue('spec.leaseDurationSeconds', seconds, 'must be greater than 0')]
        : []),
      ...(typeof transitions === 'number' && transitions < 0
        ? [invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0')]
        : []),
    ]
  },
}
