import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { actions } from '../../model/action.ts'
import { conditionTypes } from '../../model/condition.ts'
import { describeError, parsePolicies, type RepairPolicyObject } from './parse.ts'

const object = (name: string, spec: unknown, generation = 1): RepairPolicyObject => ({
  metadata: { name, generation },
  spec,
})
const good = { match: [{ condition: 'KernelReady' }], action: 'Replace' }

test('a policy of two lines gets safe defaults', () => {
  const { policies, errors } = parsePolicies([object('kernel', good)])
  assert.deepEqual(errors, [])
  assert.deepEqual(policies, [
    {
      name: 'kernel',
      generation: 1,
      mode: 'Observe',
      paused: false,
      nodeSelector: {},
      match: [{ condition: 'KernelReady', status: 'False' }],
      ladder: [{ action: 'Replace', attempts: 3 }],
      provider: 'auto',
      drain: { timeoutMs: 900_000, onTimeout: 'Abort', pdb: 'Respect', blockedAfterMs: 900_000 },
      budgets: [{ nodes: { value: 10, percent: true } }],
      breaker: {
        share: { value: 20, percent: true },
        rate: { value: 10, percent: true },
        windowMs: 300_000,
        minNodes: 5,
      },
      restraint: { dwellMs: 300_000, joinMs: 1_200_000 },
    },
  ])
})

test('what a drain waits for is taken over as it is written', () => {
  const drain = {
    timeout: '3h',
    waitForJobs: '2h',
    volumes: '1m',
    saveState: '20m',
    leaveLoadBalancers: '30s',
    oneByOne: true,
  }
  const { policies } = parsePolicies([object('kernel', { ...good, drain })])
  assert.deepEqual(policies[0]?.drain, {
    timeoutMs: 10_800_000,
    onTimeout: 'Abort',
    pdb: 'Respect',
    blockedAfterMs: 900_000,
    waitForJobsMs: 7_200_000,
    volumesMs: 60_000,
    saveStateMs: 1_200_000,
    leaveLoadBalancersMs: 30_000,
    oneByOne: true,
  })
})

test('a ladder: one attempt for each rung, three for the last one; an old strategy is read and means nothing', () => {
  const ladder = [{ action: 'Reboot' }, { action: 'Replace' }]
  const { policies } = parsePolicies([object('kernel', { match: good.match, ladder, strategy: 'DeleteFirst' })])
  assert.deepEqual(policies[0]?.ladder, [
    { action: 'Reboot', attempts: 1 },
    { action: 'Replace', attempts: 3 },
  ])
})

test('a reason pattern must match the whole reason, in linear time', () => {
  const { policies } = parsePolicies([
    object('gpu', { ...good, match: [{ condition: 'AcceleratedHardwareReady', reason: 'NvidiaXID(48|79)Error' }] }),
  ])
  const reason = policies[0]?.match[0]?.reason
  assert.equal(reason?.test('NvidiaXID79Error'), true)
  assert.equal(reason?.test('NvidiaXID79ErrorAndMore'), false)
  const nested = parsePolicies([object('a', { ...good, match: [{ condition: 'KernelReady', reason: '(a+)+b' }] })])
  assert.equal(nested.policies[0]?.match[0]?.reason?.test('a'.repeat(50_000)), false)
})

test('L9: one bad policy refuses the set, and says field, value and remedy', () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [
      { ...good, action: 'Explode' },
      `policy bad: spec.action is "Explode": Invalid option: expected one of ${actions.map((one) => `"${one}"`).join('|')}`,
    ],
    [
      { ...good, action: undefined },
      'spec.ladder is missing: say what is done, for example ladder: [{action: Replace}]',
    ],
    [{ ...good, ladder: [{ action: 'Replace' }] }, 'spec.action is Replace: write it once: remove spec.action'],
    [{ ...good, action: undefined, ladder: [] }, 'spec.ladder is []'],
    [
      { ...good, action: undefined, ladder: [{ action: 'Replace' }, { action: 'Reboot' }] },
      'spec.ladder[1].action is Reboot: each rung must be more disruptive than the one before it',
    ],
    [
      { ...good, action: undefined, ladder: [{ action: 'NoAction' }, { action: 'Replace' }] },
      'spec.ladder[0].action is NoAction: a ladder that does nothing first never gets further',
    ],
    [{ ...good, action: undefined, ladder: [{ action: 'Replace', attempts: 4 }] }, 'spec.ladder[0].attempts is 4'],
    [{ ...good, match: [] }, 'spec.match is []'],
    [{ ...good, toleration: '10' }, 'spec.toleration is "10"'],
    [{ ...good, budgets: [{ nodes: '101%' }] }, 'spec.budgets[0].nodes is "101%"'],
    [{ ...good, match: [{ condition: 'KernelReady', reason: '(' }] }, 'spec.match[0].reason is (: not an RE2 pattern'],
    [
      { ...good, drain: { timeout: '15d' } },
      'spec.drain.timeout is "15d": write a duration such as 90s, 15m or 1h30m, at most 14d',
    ],
    [
      { ...good, drain: { timeout: '15m', waitForJobs: '15m' } },
      'spec.drain.waitForJobs is 15m: write less than drain.timeout, which is 15m',
    ],
    [
      { ...good, drain: { leaveLoadBalancers: '1h' } },
      'spec.drain.leaveLoadBalancers is 1h: write less than drain.timeout, which is 15m',
    ],
    [{ ...good, toleration: '99999999999d' }, 'spec.toleration is "99999999999d": write a duration such as 90s'],
    [{ ...good, budgets: [{ nodes: 'all' }] }, 'spec.budgets[0].nodes is "all": write a count such as 2, or a share'],
    [undefined, 'spec.match is missing'],
  ]
  for (const [spec, expected] of cases) {
    const parsed = parsePolicies([object('good', good), object('bad', spec)])
    assert.deepEqual(parsed.policies, [])
    const [error] = parsed.errors
    assert.ok(error)
    assert.ok(
      parsed.errors.map(describeError).join('\n').includes(expected),
      parsed.errors.map(describeError).join('\n'),
    )
    assert.equal(error.policy, 'bad')
  }
})

test('a policy that is being deleted is left out', () => {
  const deleted = { ...object('bad', {}), metadata: { name: 'bad', deletionTimestamp: '2026-03-01T12:00:00Z' } }
  assert.equal(parsePolicies([deleted, object('good', good)]).policies.length, 1)
})

describe('a policy that calls health a sickness is refused', () => {
  const wrong = ['Ready', ...conditionTypes].map((condition) => ({ condition, status: 'True' }))
  const kubelet = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'NetworkUnavailable']
  const all = [...wrong, ...kubelet.map((condition) => ({ condition, status: 'False' }))]
  for (const match of all) {
    test(`${match.condition}=${match.status}`, () => {
      const { policies, errors } = parsePolicies([object('bad', { ...good, match: [match] })])
      assert.deepEqual([policies.length, errors.length, errors[0]?.field], [0, 1, 'spec.match[0].status'])
      assert.match(errors[0]?.remedy ?? '', /is what a healthy node says.*; write status: "(True|False)"$/)
    })
  }

  test('the default status counts, too', () => {
    assert.equal(parsePolicies([object('bad', { ...good, match: [{ condition: 'DiskPressure' }] })]).errors.length, 1)
  })

  test('the sick status, Unknown, and a condition that only its owner knows are accepted', () => {
    const opposite = all.map(({ condition, status }) => ({ condition, status: status === 'True' ? 'False' : 'True' }))
    const unknown = all.map(({ condition }) => ({ condition, status: 'Unknown' }))
    const own = ['True', 'False'].map((status) => ({ condition: 'example.com/Drained', status }))
    const match = [...opposite, ...unknown, ...own]
    assert.deepEqual(parsePolicies([object('fine', { ...good, match })]).errors, [])
  })
})
