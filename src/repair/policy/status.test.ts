import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Policy } from '../../model/policy.ts'
import { inForce } from './in-force.ts'
import { parsePolicies, type RepairPolicyObject } from './parse.ts'
import { type PolicyStatus, policyStatusFor } from './status.ts'

const good = { mode: 'Enforce', match: [{ condition: 'KernelReady' }], action: 'Replace' }
const wrong = { ...good, match: [{ condition: 'KernelReady', reason: '(' }] }

const object = (name: string, spec: unknown, generation = 1): RepairPolicyObject => ({
  metadata: { name, generation },
  spec,
})

interface Given {
  /** The last good set; absent: the controller has not seen one. */
  readonly last?: readonly RepairPolicyObject[]
  readonly present: readonly RepairPolicyObject[]
  readonly providers?: readonly string[]
}

/** The status of the first of `present`. */
function status({ last, present, providers = ['karpenter'] }: Given): PolicyStatus | undefined {
  const parsed = parsePolicies(present)
  const lastGood: readonly Policy[] | undefined = last && parsePolicies(last).policies
  const [first] = present
  assert.ok(first)
  return policyStatusFor(first, { parsed, inForce: inForce(lastGood, parsed), providers }, 0)
}

/** `Accepted` and `InForce`, as status and reason. */
function says(given: Given): readonly string[] {
  const conditions = (status(given)?.conditions ?? []).filter((one) => one.type !== 'Safeguarded')
  return conditions.map((one) => `${one.type} ${one.status} ${one.reason}`)
}

const messageOf = (given: Given): string =>
  status(given)?.conditions?.find((one) => one.type === 'InForce')?.message ?? ''

test('a good policy in a good set is accepted and in force', () => {
  assert.deepEqual(says({ present: [object('gpu', good)] }), ['Accepted True Valid', 'InForce True InForce'])
})

test('a broken policy is not accepted, and its last good version stays in force', () => {
  const given = { last: [object('gpu', good, 2)], present: [object('gpu', wrong, 3)] }
  assert.deepEqual(says(given), ['Accepted False Invalid', 'InForce False Invalid'])
  assert.match(status(given)?.conditions?.[0]?.message ?? '', /policy gpu: spec\.match\[0\]\.reason is \(: not an RE2/)
  assert.match(messageOf(given), /generation 2 of it stays in force until its mistake is mended/)
})

test('a good policy is accepted whatever is wrong with another; whether it is in force is said apart from that', () => {
  const bad = object('bad', wrong)
  const unchanged = { last: [object('gpu', good, 2)], present: [object('gpu', good, 2), bad] }
  assert.deepEqual(says(unchanged), ['Accepted True Valid', 'InForce True LastGoodSetInForce'])
  assert.match(messageOf(unchanged), /in force as it stands; .*policy bad has a mistake: .*not an RE2 pattern/)
  const edited = { ...unchanged, present: [object('gpu', { ...good, toleration: '1m' }, 3), bad] }
  assert.deepEqual(says(edited), ['Accepted True Valid', 'InForce False LastGoodSetInForce'])
  assert.match(
    messageOf(edited),
    /generation 2 of it stays in force, with every pause or lower mode of the present one/,
  )
  const added = { last: [], present: [object('gpu', good), bad] }
  assert.deepEqual(says(added), ['Accepted True Valid', 'InForce False LastGoodSetInForce'])
  assert.match(messageOf(added), /^nothing of it is in force; the last good set is in force, because policy bad/)
  const never = { present: [object('gpu', good), bad] }
  assert.deepEqual(says(never), ['Accepted True Valid', 'InForce False NothingInForce'])
})

test('a policy whose provider does not run says so, unless it asks for no action', () => {
  const named = object('gpu', { ...good, provider: 'embedded' })
  assert.deepEqual(says({ present: [named] }), ['Accepted True Valid', 'InForce False ProviderNotRun'])
  assert.match(messageOf({ present: [named] }), /names provider embedded, and this controller runs karpenter/)
  assert.match(messageOf({ present: [named], providers: ['karpenter', 'embedded'] }), /^it is in force$/)
  assert.match(messageOf({ present: [object('gpu', { ...good, provider: 'embedded', action: 'NoAction' })] }), /^it is/)
})

test('a policy that is being deleted is not in force', () => {
  const leaving = { ...object('gpu', good), metadata: { name: 'gpu', generation: 2, deletionTimestamp: 'now' } }
  assert.deepEqual(says({ present: [leaving] }), ['Accepted True Valid', 'InForce False BeingDeleted'])
})

test('it is written once, and each condition keeps its own time', () => {
  const bad = object('bad', wrong)
  const context = (...present: readonly RepairPolicyObject[]) => {
    const parsed = parsePolicies(present)
    return { parsed, inForce: inForce([], parsed), providers: ['karpenter'] }
  }
  const fresh = object('gpu', good)
  const held = policyStatusFor(fresh, context(fresh, bad), 0)
  const written = { ...fresh, status: held } as RepairPolicyObject // what the API would answer
  assert.equal(policyStatusFor(written, context(written, bad), 5), undefined)
  const freed = policyStatusFor(written, context(written), 5)
  assert.deepEqual(
    freed?.conditions?.map((one) => [one.type, one.status, Date.parse(one.lastTransitionTime)]),
    [
      ['Accepted', 'True', 0],
      ['InForce', 'True', 5],
      ['Safeguarded', 'True', 0],
    ],
  )
})

test('mistakes beyond all measure still fit into the CRD', () => {
  const many = Array.from({ length: 700 }, (_, index) => object(`bad-${index}`, wrong))
  assert.ok(messageOf({ last: [object('gpu', good)], present: [object('gpu', good), ...many] }).length <= 32_768)
})

test('a condition that no node carries is told, with the name that is meant; it is in force all the same', () => {
  const message = (condition: string, carried: readonly string[]): string => {
    const policy = object('gpu', { ...good, match: [{ condition }] })
    const parsed = parsePolicies([policy])
    const context = { parsed, inForce: inForce([], parsed), providers: ['karpenter'], carried }
    const said = policyStatusFor(policy, context, 0)?.conditions?.find((one) => one.type === 'InForce')
    assert.equal(said?.status, 'True')
    return said?.message ?? ''
  }
  assert.equal(message('KernelReady', ['KernelReady', 'Ready']), 'it is in force')
  assert.equal(message('KernelReady', []), 'it is in force', 'without a node nobody can tell')
  assert.equal(message('KernelReady', ['Ready']), 'it is in force; no node carries condition KernelReady')
  const meant = 'it is in force; no node carries condition KernalReady; is KernelReady meant?'
  assert.equal(message('KernalReady', ['Ready']), meant)
  assert.match(message('kernelready', ['Ready']), /; is KernelReady meant\?$/)
  assert.match(message('example.com/Lnk', ['example.com/Link']), /; is example\.com\/Link meant\?$/)
  assert.doesNotMatch(message('SomethingElse', ['Ready']), /meant/)
})

test('L9: a policy that turns safeguards off is accepted, and its status lists each field with what to write', () => {
  const reckless = {
    ...good,
    toleration: '0s',
    budgets: [{ nodes: '100%' }],
    drain: { timeout: '0s' },
    breaker: { share: '100%', rate: '100%', window: '0s' },
    restraint: { dwell: '0s' },
  }
  const [accepted, , safeguarded] = status({ present: [object('all', reckless)] })?.conditions ?? []
  assert.deepEqual([accepted?.status, safeguarded?.type, safeguarded?.status], ['True', 'Safeguarded', 'False'])
  assert.equal(safeguarded?.reason, 'SafeguardsOff')
  const fields = ['toleration is 0s', 'budgets[].nodes is 100%', 'drain.timeout is 0s', 'breaker.share is 100%']
  for (const field of [...fields, 'breaker.rate is 100%', 'breaker.window is 0s', 'restraint.dwell is 0s']) {
    assert.ok(safeguarded?.message.includes(`spec.${field}: `), field)
  }
  assert.match(safeguarded?.message ?? '', /write at least 1m/)
})

test('L9: the defaults, and a policy that does nothing, are safeguarded; of a broken one nothing is said', () => {
  const safeguarded = (spec: unknown) =>
    status({ present: [object('gpu', spec)] })?.conditions?.find((one) => one.type === 'Safeguarded')?.status
  assert.equal(safeguarded(good), 'True')
  assert.equal(safeguarded({ ...good, action: 'NoAction', budgets: [{ nodes: '100%' }] }), 'True')
  assert.equal(safeguarded(wrong), undefined)
})
