import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { GateRecord } from '../../model/decision.ts'
import type { ClusterSnapshot, NodeView } from '../../model/node.ts'
import type { Attempt } from '../../model/repair.ts'
import { SeenNodes } from '../observe/seen.ts'
import {
  givenAttempt,
  givenCondition,
  givenNode,
  givenPolicy,
  givenSighting,
  givenSnapshot,
  hour,
  minute,
  noon,
} from '../testing/given.ts'
import { decide } from './decide.ts'
import { foreignMarks } from './foreign-marks.ts'

const now = noon + hour
const sick = givenCondition('KernelReady', 'False', { seenAt: now })
const spare = givenNode('spare')

interface Given {
  readonly node?: Partial<NodeView>
  readonly cluster?: Partial<Parameters<typeof givenSnapshot>[0]>
  readonly records?: (node: NodeView) => readonly Attempt[]
  readonly policy?: Parameters<typeof givenPolicy>[0]
  readonly now?: number
}

/** What the watch leaves of a node's annotations: a gate that reads one it does not declare fails here. */
function asWatched(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return new SeenNodes().see({ metadata: { name: 'a', uid: 'a', annotations } }, [], noon).view.annotations
}

/** What `gate` answers about a node that was first seen sick at noon. */
function answer(gate: string, given: Given = {}): GateRecord {
  const drawn = givenNode('a', given.node, ...(given.node?.conditions ? [] : [sick]))
  const node = { ...drawn, annotations: asWatched(drawn.annotations) }
  const snapshot: ClusterSnapshot = givenSnapshot({ nodes: [node, spare], ...given.cluster })
  const records = [givenSighting(node, noon), ...(given.records?.(node) ?? [])]
  const [decision] = decide(
    { ...snapshot, nodes: given.cluster?.nodes ?? [node, spare] },
    [givenPolicy(given.policy)],
    records,
    given.now ?? now,
  )
  const found = decision?.gates.find((one) => one.gate === gate)
  assert.ok(found, `no answer of ${gate}`)
  assert.equal(found.change === undefined, found.answer === 'allow', 'only an answer that is not allow names a change')
  return found
}

const verdict = (gate: string, given?: Given): string => answer(gate, given).answer

describe('freeze gates', () => {
  test('api-health: unsynced refuses, settling waits, a mass of stopped leases refuses', () => {
    assert.equal(verdict('api-health'), 'allow')
    assert.equal(verdict('api-health', { cluster: { health: { synced: false, trouble: 'away' } } }), 'refuse')
    assert.equal(verdict('api-health', { cluster: { health: { settledAt: now + 1 } } }), 'wait')
    assert.equal(
      verdict('api-health', { cluster: { health: { leases: { state: 'listed', followed: 10, stale: 6 } } } }),
      'refuse',
    )
    assert.equal(
      verdict('api-health', { cluster: { health: { leases: { state: 'listed', followed: 10, stale: 5 } } } }),
      'allow',
    )
    assert.equal(
      verdict('api-health', { cluster: { health: { leases: { state: 'listed', followed: 2, stale: 2 } } } }),
      'allow',
    )
  })

  test('after an outage nothing is due before the settle period and a whole toleration', () => {
    const settledAt = now - minute
    const toleration = answer('toleration', { cluster: { health: { settledAt } } })
    assert.equal(toleration.answer, 'wait')
    assert.match(toleration.why, new RegExp(new Date(settledAt + 30 * minute).toISOString()))
  })

  test('leadership: lost or run out refuses', () => {
    assert.equal(verdict('leadership'), 'allow')
    assert.equal(verdict('leadership', { cluster: { leadership: { leading: false } } }), 'refuse')
    assert.equal(verdict('leadership', { cluster: { leadership: { until: now } } }), 'refuse')
  })

  test('pause: the controller or the policy', () => {
    assert.equal(verdict('pause', { cluster: { pause: { state: 'on', why: 'upgrade' } } }), 'refuse')
    assert.equal(verdict('pause', { cluster: { pause: { state: 'unknown', why: '403' } } }), 'refuse')
    assert.equal(verdict('pause', { policy: { paused: true } }), 'refuse')
    assert.equal(verdict('pause'), 'allow')
  })
})

describe('stale', () => {
  const seen = (seenAt: number, given = {}) => ({
    node: {
      conditions: [givenCondition('Ready', 'True'), givenCondition('KernelReady', 'False', { seenAt, ...given })],
    },
  })

  test('a detector that died three days ago is not a sick node', () => {
    const gate = answer('stale', seen(now - 72 * hour + 50 * hour))
    assert.equal(gate.answer, 'refuse')
    assert.match(gate.why, /^nobody has reported KernelReady since/)
    assert.equal(verdict('stale', seen(now - 15 * minute)), 'allow')
    assert.equal(verdict('stale', seen(now - 15 * minute - 1)), 'refuse')
  })

  test('a condition copied to a Node object of the same name is not asserted by anybody', () => {
    const given = seen(now - minute)
    assert.equal(verdict('stale', { node: { ...given.node, createdAt: now } }), 'refuse')
    assert.equal(verdict('stale', { node: { ...given.node, rebootedAt: now } }), 'refuse')
  })

  test("kubelet's own condition ages by itself", () => {
    const conditions = [givenCondition('Ready', 'Unknown', { seenAt: now - 2 * hour })]
    const match = [{ condition: 'Ready', status: 'Unknown' as const }]
    assert.equal(verdict('stale', { node: { conditions }, policy: { match } }), 'allow')
  })
})

describe('the node', () => {
  const annotated = (annotations: Record<string, string>): Given => ({ node: { annotations } })

  test('a veto holds, also an unreadable one; a time ends it', () => {
    assert.equal(verdict('veto', annotated({ 'nodemend.dev/veto': 'true' })), 'refuse')
    assert.equal(verdict('veto', annotated({ 'nodemend.dev/veto': '' })), 'refuse')
    assert.equal(verdict('veto', annotated({ 'nodemend.dev/veto': '4h' })), 'refuse')
    assert.equal(verdict('veto', annotated({ 'nodemend.dev/veto': 'false' })), 'allow')
    assert.equal(verdict('veto', annotated({ 'karpenter.sh/do-not-repair': 'true' })), 'refuse')
    assert.equal(verdict('veto', annotated({ 'karpenter.sh/do-not-disrupt': 'true' })), 'allow')
    const until = { 'nodemend.dev/veto': '2026-03-01T16:00:00Z' }
    assert.equal(verdict('veto', annotated(until)), 'wait')
    assert.equal(verdict('veto', { ...annotated(until), now: noon + 4 * hour }), 'allow')
  })

  test('a node that somebody else acts on is left alone', () => {
    for (const key of [
      'karpenter.sh/disrupted',
      'ToBeDeletedByClusterAutoscaler',
      'remediation.medik8s.io/self-node-remediation',
      'remediator.kubernetes.azure.com/unschedulable',
      'node.cloudprovider.kubernetes.io/shutdown',
    ]) {
      assert.equal(verdict('foreign-owner', { node: { taints: [{ key, effect: 'NoSchedule' }] } }), 'refuse', key)
    }
    for (const { on, key, is, weight } of foreignMarks) {
      if (on !== 'annotation' || weight !== 'hard') continue
      assert.equal(verdict('foreign-owner', annotated({ [key]: is?.[0] ?? '{}' })), 'refuse', key)
    }
    assert.equal(verdict('foreign-owner', { node: { deleting: true } }), 'refuse')
    const claim = { name: 'claim-1', providerId: 'kwok://a', deleting: true }
    const given = { node: { providerId: 'kwok://a' }, cluster: { claims: [claim] } }
    assert.equal(verdict('foreign-owner', given), 'refuse')
    assert.equal(verdict('foreign-owner', { ...given, cluster: { claims: [{ ...claim, deleting: false }] } }), 'allow')
    const otherRepairers = [{ label: 'karpenter.sh/nodepool', why: 'Karpenter repairs its nodes itself' }]
    const karpenterRepairs = { cluster: { otherRepairers } }
    assert.equal(
      verdict('foreign-owner', { ...karpenterRepairs, node: { labels: { 'karpenter.sh/nodepool': 'p' } } }),
      'refuse',
    )
    assert.equal(verdict('foreign-owner', karpenterRepairs), 'allow')
    const own = { key: 'nodemend.dev/repairing', value: 'a-1', effect: 'NoSchedule' }
    assert.equal(verdict('foreign-owner', { node: { taints: [own] } }), 'allow')
  })

  test('control-plane and last-node', () => {
    assert.equal(
      verdict('control-plane', { node: { labels: { 'node-role.kubernetes.io/control-plane': '' } } }),
      'refuse',
    )
    assert.equal(verdict('control-plane'), 'allow')
    assert.equal(verdict('last-node'), 'allow')
    const node = givenNode('a', {}, sick)
    for (const other of [{ unschedulable: true }, { deleting: true }, { conditions: [] }]) {
      assert.equal(verdict('last-node', { cluster: { nodes: [node, givenNode('b', other)] } }), 'refuse')
    }
  })

  test('provider: of those that this controller runs, one must know the node', () => {
    const runs = (
      providers: readonly string[],
      knows: readonly string[],
      named: 'auto' | 'embedded' = 'auto',
    ): Given => ({
      node: { pools: knows.map((provider) => ({ provider, pool: 'gpu', can: ['Replace'] })) },
      cluster: { providers },
      policy: { provider: named },
    })
    assert.equal(verdict('provider', runs(['karpenter'], ['karpenter'])), 'allow')
    assert.equal(verdict('provider', runs(['karpenter', 'embedded'], ['embedded'], 'embedded')), 'allow')
    assert.match(
      answer('provider', runs(['karpenter'], [])).why,
      /this controller runs karpenter, and none of them knows/,
    )
    assert.match(answer('provider', runs(['karpenter', 'embedded'], [], 'embedded')).why, /does not know this node/)
    const absent = answer('provider', runs(['karpenter'], ['karpenter'], 'embedded'))
    assert.equal(absent.answer, 'refuse')
    assert.match(absent.why, /policy kernel names provider embedded, but this controller runs karpenter/)
    assert.match(absent.change ?? '', /embedded in --providers, or change spec\.provider of policy kernel/)
    assert.match(answer('provider', runs([], [])).why, /runs no provider/)
    const ladder = [{ action: 'Reboot', attempts: 1 } as const]
    const cannot = runs(['karpenter'], ['karpenter'])
    const reboot = answer('provider', { ...cannot, policy: { ...cannot.policy, ladder } })
    assert.deepEqual([reboot.answer, reboot.why], ['refuse', 'karpenter has no action Reboot for this node'])
    assert.equal(reboot.change, 'a ladder without Reboot in policy kernel')
    const own = { ...cannot, policy: { ladder }, cluster: { ownActions: ['Reboot' as const] } }
    assert.equal(answer('provider', own).why, 'Reboot needs no provider')
  })

  test('in-repair: by UID, by name, and while it proves another repair', () => {
    const other = (given: Partial<Attempt>): Given => ({
      records: (node) => [
        givenAttempt(node, { name: 'other', nodeUid: 'x', nodeName: 'x', phase: 'Acting', ...given }),
      ],
    })
    assert.equal(verdict('in-repair', other({ nodeName: 'a' })), 'refuse')
    assert.equal(
      verdict('in-repair', other({ successor: { name: 'a', uid: 'uid-a', since: noon }, phase: 'Dwelling' })),
      'refuse',
    )
    assert.equal(verdict('in-repair', other({})), 'allow')
    assert.equal(verdict('in-repair', other({ nodeName: 'a', phase: 'Succeeded' })), 'allow')
  })

  test('attempts: failures space out, then need a human', () => {
    const failed = (...ago: readonly number[]): Given => ({
      records: (node) =>
        ago.map((ms, index) =>
          givenAttempt(node, {
            name: `failed-${index}`,
            phase: 'Failed',
            phases: [{ phase: 'Failed', at: now - ms, why: '' }],
          }),
        ),
    })
    assert.equal(verdict('attempts', failed(10 * minute - 1)), 'wait')
    assert.equal(verdict('attempts', failed(10 * minute)), 'allow')
    assert.equal(verdict('attempts', failed(hour, 20 * minute - 1)), 'wait')
    assert.equal(verdict('attempts', failed(hour, 20 * minute)), 'allow')
    assert.match(answer('attempts', failed(3 * hour, 2 * hour, hour)).why, /needs a human/)
    assert.equal(verdict('attempts', failed(30 * hour, 28 * hour, 26 * hour)), 'allow')
  })
})

describe('the neighbourhood', () => {
  test('an impaired zone keeps what connectivity can cause, another zone is repaired', () => {
    const lost = givenCondition('Ready', 'Unknown', { seenAt: now })
    const zone = (name: string) => ({ labels: { 'topology.kubernetes.io/zone': name } })
    const nodes = [
      ...Array.from({ length: 10 }, (_, i) =>
        givenNode(`a${i}`, { ...zone('a'), ...(i < 7 && { conditions: [lost] }) }),
      ),
      ...Array.from({ length: 40 }, (_, i) => givenNode(`b${i}`, zone('b'), ...(i === 0 ? [sick] : []))),
    ]
    const policies = [
      givenPolicy({ match: [{ condition: 'Ready', status: 'Unknown' }] }),
      givenPolicy({ name: 'disk' }),
    ]
    const records = nodes.flatMap((node) => {
      const seen = node.conditions.map((one) => ({
        condition: one.type,
        status: one.status,
        reason: one.reason,
        since: noon,
      }))
      return [
        givenAttempt(node, {
          sightings: seen.flatMap((one) => [
            { ...one, policy: 'kernel' },
            { ...one, policy: 'disk' },
          ]),
        }),
      ]
    })
    const decisions = decide(givenSnapshot({ nodes }), policies, records, now)
    const by = (name: string) => decisions.find((one) => one.node === name)
    assert.equal(by('a0')?.decidedBy, 'zone')
    assert.equal(by('b0')?.outcome, 'act')
  })

  test('breaker: a burst of one signature waits, an old one does not', () => {
    const nodes = Array.from({ length: 20 }, (_, i) => givenNode(`n${i}`, {}, ...(i < 3 ? [sick] : [])))
    const decided = (since: number) =>
      decide(
        givenSnapshot({ nodes }),
        [givenPolicy({ tolerationMs: 0 })],
        nodes.slice(0, 3).map((node) => givenSighting(node, since)),
        now,
      )[0]
    assert.equal(decided(now - minute)?.decidedBy, 'breaker')
    assert.equal(decided(now - 6 * minute)?.outcome, 'act')
  })
})
