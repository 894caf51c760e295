/** Words: what a person reads in each situation, as golden files in 80 columns. L5, L11, L15 and L16 are among them. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkGolden } from '../../../test/golden.ts'
import type { NodeHealthReport } from '../../model/node-health.ts'
import { withPhase } from '../../repair/attempt/transition.ts'
import { givenAttempt, givenNode, givenPool, hour, minute, noon } from '../../repair/testing/given.ts'
import {
  acknowledged,
  again,
  blocker,
  drain,
  drained,
  failed,
  fault,
  firstSeen,
  notesWith,
  other,
  plan,
  ruled,
  sick,
  silent,
  underway,
  view,
  well,
  withoutRight,
  xid,
} from '../testing/given-situation.ts'
import { widthOf } from '../text/wrap.ts'
import type { ClusterView } from './cluster-view.ts'
import { summarise } from './status.ts'
import { statusText } from './status-text.ts'
import { explain } from './why.ts'
import { whyText } from './why-text.ts'

const hostile = `\u001b[31mred\u001b[0m\nNODE   WHAT\u202e${'x'.repeat(18_000)}`

const warned = 'Monitoring for the Nvidia GPU system is active; warnings: NvidiaXID79Error'
const lockups = 'Monitoring for the Kernel system is active; warnings: SoftLockup'
const ext4 = 'Monitoring for the Disk system is active; warnings: Ext4Error, IODelays'
const crowd = givenPool('gpu', 200, 60, fault()).map((node, index) => {
  const conditions = index < 60 ? node.conditions : [...node.conditions, well()]
  return { ...node, conditions, name: index === 0 ? 'worker-1' : node.name }
})
const successor = { name: 'worker-2', uid: 'uid-worker-2', since: noon }
const lastOnes = ['1', '2', '3'].map((number) => ({ ...failed, name: `worker-1-1a2b3c4d-${number}` }))

const found = { trust: 'kernel', count: 3, lastSeen: '2026-03-01T11:58:00Z', message: 'as the log says' } as const
const report: NodeHealthReport = {
  machine: { bootId: 'b' },
  findings: [
    {
      ...found,
      reason: 'NvidiaXID79Error',
      condition: 'AcceleratedHardwareReady',
      severity: 'fatal',
      since: '2026-03-01T11:50:00Z',
      device: { name: '0000:3b:00', model: 'NVIDIA H100 80GB HBM3', uuid: 'GPU-5c1c4a3e-8b1f-4c52-9f0e-0a6a2f9b7f10' },
    },
    {
      ...found,
      reason: 'NvmeTimeout',
      condition: 'StorageReady',
      severity: 'warning',
      since: '2026-03-01T11:40:00Z',
      device: { name: 'nvme0', serial: 'S64FNE0R500123\u001b[2J' },
    },
    { ...found, reason: 'OOMKilling', condition: 'KernelReady', severity: 'warning', since: '2026-03-01T11:30:00Z' },
  ],
  monitors: [],
  accelerators: [],
  disks: [],
  nics: [],
}

const situations: Readonly<Record<string, ClusterView>> = {
  healthy: view({ nodes: [givenNode('worker-1', {}, well()), other] }),
  tolerated: view({ nodes: [sick(), other], spec: { toleration: '30m' } }),
  'breaker-60-of-200': view({ nodes: crowd }),
  frozen: view({ nodes: [sick(), other], health: { settledAt: noon + 4 * minute } }),
  'leases-stopped': view({ nodes: [sick(), other], health: { leases: { state: 'listed', followed: 10, stale: 7 } } }),
  draining: view({ nodes: [sick(), other], records: [underway(drained, { drain })] }),
  'blocked-by-budget': view({
    nodes: [sick(), other],
    records: [
      underway([...drained, ['Blocked', 'one pod is in the way']], { drain: { ...drain, blockers: [blocker] } }),
    ],
  }),
  'drain-time-has-passed': view({
    nodes: [sick(), other],
    records: [underway(drained, { drain: { ...drain, deadline: noon - minute, blockers: [blocker] } })],
  }),
  'attempt-failed': view({ nodes: [sick(), other], records: [failed, again] }),
  'needs-a-person': view({
    nodes: [sick(), other],
    records: [...lastOnes, { ...again, name: 'worker-1-1a2b3c4d-4', number: 4 }],
  }),
  'waiting-for-successor': view({
    nodes: [other],
    records: [
      underway([...drained, ['Committing', 'drained'], ['Observing', 'NodeClaim default-x7k2p is gone']], {
        deadline: noon + 20 * minute,
      }),
    ],
  }),
  proving: view({
    nodes: [other],
    records: [underway([...drained, ['Dwelling', 'worker-2 has joined']], { successor, healthySince: noon - minute })],
  }),
  proven: view({
    nodes: [other],
    records: [
      underway([...drained, ['Succeeded', 'worker-2 is ready and free of faults since 5 min']], {
        proof: 'worker-2 is ready and free of faults',
        successor,
      }),
    ],
  }),
  rebooting: view({
    nodes: [sick(), other],
    records: [
      underway([...drained, ['Acting', 'the provider has begun']], {
        plan: { ...plan, action: 'Reboot' },
        deadline: noon + 20 * minute,
      }),
    ],
  }),
  'refused-by-a-mark': view({
    nodes: [sick({ annotations: { 'weave.works/kured-reboot-in-progress': '1' } }), other],
  }),
  'missing-right': view({
    nodes: [sick(), other],
    edit: (records) => records.map(withoutRight),
  }),
  acknowledged: view({
    nodes: [givenNode('worker-1', {}, well('AcceleratedHardwareReady', warned)), other],
    notes: notesWith(acknowledged(noon + 20 * hour), well('AcceleratedHardwareReady', warned)),
  }),
  'acknowledgement-ended': view({
    spec: { match: [{ condition: 'AcceleratedHardwareReady' }] },
    nodes: [givenNode('worker-1', {}, fault('AcceleratedHardwareReady', 'NvidiaXID79Error', xid)), other],
    notes: notesWith(acknowledged(noon - hour), fault('AcceleratedHardwareReady', 'NvidiaXID79Error', xid)),
  }),
  'acknowledgement-spoiled': view({ nodes: [sick(), other], notes: notesWith('[{"reason": 1}]', fault()) }),
  'detector-silent': view({ nodes: [givenNode('worker-1', {}, silent), other] }),
  'warning-only': view({
    nodes: [givenNode('worker-1', {}, well('KernelReady', lockups), well('StorageReady', ext4)), other],
  }),
  'several-faults': view({
    nodes: [sick({}, fault('AcceleratedHardwareReady', 'NvidiaXID79Error', xid), well('StorageReady', ext4)), other],
  }),
  paused: view({ nodes: [sick(), other], pause: { state: 'on', why: 'kim: upgrade of the network' } }),
  'observe-only': view({ nodes: [sick(), other], spec: { mode: 'Observe' } }),
  'approval-awaited': view({ nodes: [sick(), other], spec: { mode: 'Approve' } }),
  'unknown-provider': view({ nodes: [sick(), other], spec: { provider: 'karpenter' }, providers: ['embedded'] }),
  'policy-refused': view({ nodes: [sick(), other], spec: { provider: 'kapenter' }, recorded: false }),
  'no-controller': view({ nodes: [sick(), other], recorded: false, leader: null }),
  vetoed: view({ nodes: [sick({ annotations: { 'nodemend.dev/veto': 'kim: I look at it myself' } }), other] }),
  'cancelled-keeps-its-reason': view({
    nodes: [givenNode('worker-1', {}, well()), other],
    records: [givenAttempt(sick(), { name: 'worker-1-1a2b3c4d-1', decision: ruled(), sightings: firstSeen(sick()) })],
    edit: (records) => records.map((one) => withPhase(one, 'Cancelled', noon, 'no rule matches the node any more')),
  }),
  'with-a-report': {
    ...view({ nodes: [sick({}, fault('AcceleratedHardwareReady', 'NvidiaXID79Error', xid)), other] }),
    reports: new Map([['worker-1', report]]),
  },
  hostile: view({
    nodes: [
      sick({ annotations: { 'nodemend.dev/veto': hostile } }, fault('StorageReady', hostile.slice(0, 40), hostile)),
      other,
    ],
    notes: notesWith(
      `[{"reason":"${'가'.repeat(90)}","until":"2026-03-02T00:00:00Z","why":"\\u001b]0;owned\\u0007 \\u2067"}]`,
      fault(),
    ),
  }),
}

const columns = 80

function read(seen: ClusterView): string {
  const why = whyText(explain('worker-1', seen, noon), noon, columns)
  const status = statusText(summarise(seen, noon), { all: false, now: noon, columns })
  return `$ nodemend why worker-1\n${why}\n$ nodemend status\n${status}`
}

describe('Words, in 80 columns', () => {
  for (const [name, seen] of Object.entries(situations)) {
    test(name, () => {
      const text = read(seen)
      checkGolden(`ask/${name}.txt`, text)
      for (const line of text.split('\n')) assert.ok(widthOf(line) <= columns, line)
      assert.doesNotMatch(text, /[^\n\P{Cc}]|\p{Cf}/u, 'nothing that a terminal obeys')
      assert.doesNotMatch(text, /(until|try) \S+ UTC \([^)]* ago\)/, 'what has passed is not told as to come')
    })
  }

  test('L16: 60 sick nodes: the breaker comes first, with its numbers, and the table has an end', () => {
    const seen = situations['breaker-60-of-200']
    assert.ok(seen)
    const lines = statusText(summarise(seen, noon), { all: false, now: noon, columns }).split('\n')
    assert.match(
      lines.slice(1, 3).join(' '),
      /^Held up: {2}60 repairs have not begun: 60 of 200 nodes of .* are sick, +the limit is 40/,
    )
    assert.ok(lines.length < 40, `${lines.length} lines`)
    assert.match(lines.join('\n'), /^and 40 more; all of them: nodemend status --all$/m)
    const all = statusText(summarise(seen, noon), { all: true, now: noon, columns })
    assert.equal(all.match(/SoftLockup/g)?.length, 60)
  })

  test('a wrong name of a node: the one that may be meant', () => {
    const seen = situations.healthy
    assert.ok(seen)
    const message = /^no node and no repair of the name wroker-1; is worker-1 meant\? see: nodemend status --all$/
    assert.throws(() => explain('wroker-1', seen, noon), { code: 'NM_WHY_NODE', message })
  })

  test('never the name of a gate as a reason in the first line', () => {
    for (const seen of Object.values(situations)) {
      assert.doesNotMatch(
        read(seen).split('\n')[1] ?? '',
        /(waits for|refused by) (attempts|breaker|toleration|target)\b/,
      )
    }
  })
})
