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
    ...(
      [
        [{ schedule: '@daily' }, 'spec.budgets[0].duration is missing: schedule and duration belong together'],
        [{ duration: '1h' }, 'spec.budgets[0].schedule is missing: schedule and duration belong together'],
        [{ timeZone: 'Asia/Seoul' }, 'spec.budgets[0].schedule is missing: timeZone is that of a schedule'],
        [{ schedule: '0 0 * *', duration: '1h' }, 'spec.budgets[0].schedule is "0 0 * *": write five fields'],
        [{ schedule: '0 0 * * 7', duration: '1h' }, 'spec.budgets[0].schedule is "0 0 * * 7": the day of the week "7"'],
        [{ schedule: '@every 1h', duration: '1h' }, 'spec.budgets[0].schedule is "@every 1h": write five fields'],
        [
          { schedule: '0 0 31 6 *', duration: '1h' },
          'spec.budgets[0].schedule is "0 0 31 6 *": no day of the calendar',
        ],
        [{ schedule: '@daily', duration: '90s' }, 'spec.budgets[0].duration is "90s": write hours and minutes'],
        [{ schedule: '@daily', duration: '0m' }, 'spec.budgets[0].duration is "0m": write hours and minutes'],
        [
          { schedule: '@daily', duration: '1h', timeZone: 'Mars/Olympus' },
          'spec.budgets[0].timeZone is "Mars/Olympus": no time zone has this name',
        ],
        [{ scope: 'Planet' }, 'spec.budgets[0].scope is "Planet"'],
        [
          { scope: 'Label' },
          'spec.budgets[0].label is missing: scope Label counts the nodes with one value of a label',
        ],
        [{ label: 'rack' }, 'spec.budgets[0].label is rack: label belongs to scope: Label'],
      ] as const
    ).map(([budget, says]) => [{ ...good, budgets: [{ nodes: '1', ...budget }] }, says] as const),
    [
      { ...good, windows: [{ schedule: '0 25 * * *', duration: '1h' }] },
      'spec.windows[0].schedule is "0 25 * * *": the hour "25" is outside of 0 to 23',
    ],
    [{ ...good, windows: [] }, 'spec.windows is []'],
    [{ ...good, windows: [{ schedule: '@daily' }] }, 'spec.windows[0].duration is missing'],
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
