/** Kind 5: what a ready node still lacks, for any pool: each property fails when its limit is loosened. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { NodeView } from '../../model/node.ts'
import type { Plan } from '../../model/repair.ts'
import { givenCondition, givenNode, givenPolicy, givenSnapshot, minute, noon } from '../testing/given.ts'
import { lackOf } from './pool.ts'

const labels = { 'karpenter.sh/nodepool': 'p' }
const plan: Plan = {
  policy: 'kernel',
  generation: 1,
  action: 'Replace',
  provider: 'embedded',
  target: { kind: 'Node', name: 'old', uid: 'uid-old' },
  condition: 'KernelReady',
  status: 'False',
  reason: '',
  drain: givenPolicy().drain,
  dwellMs: 0,
}
const taint = { key: 'example.com/gpu', effect: 'NoSchedule' }
const reports = givenCondition('KernelReady', 'True')

function older(index: number, given: Partial<NodeView>, healthy: boolean): NodeView {
  return givenNode(`n${index}`, { labels, ...given }, ...(healthy ? [reports] : []))
}

/** What a new node lacks beside the older `pool`. */
function lack(pool: readonly NodeView[], given: Partial<NodeView> = {}, healthy = true): string | undefined {
  const node = givenNode('new', { labels, createdAt: noon - minute, ...given }, ...(healthy ? [reports] : []))
  return lackOf(node, plan, givenSnapshot({ nodes: [...pool, node, givenNode('elsewhere', { taints: [taint] })] }))
}

const some = fc.array(fc.boolean(), { maxLength: 9 })
const isMost = (list: readonly boolean[]): boolean => list.filter((one) => one).length > list.length / 2

test('kind 5: a cordoned node lacks its release, whatever its pool looks like', () => {
  fc.assert(
    fc.property(some, (cordoned) => {
      const pool = cordoned.map((unschedulable, index) => older(index, { unschedulable }, true))
      assert.match(lack(pool, { unschedulable: true }) ?? '', /^new is cordoned/)
      assert.equal(lack(pool), undefined)
    }),
  )
})

test('kind 5: a taint is one of the pool where most older nodes have it, and holds the proof up where not', () => {
  fc.assert(
    fc.property(
      some.filter((list) => list.length > 0),
      (tainted) => {
        const pool = tainted.map((has, index) => older(index, { taints: has ? [taint] : [] }, true))
        const said = lack(pool, { taints: [taint] })
        assert.equal(said !== undefined, !isMost(tainted))
        assert.equal(lack(pool, { taints: [{ ...taint, effect: 'PreferNoSchedule' }] }), undefined)
      },
    ),
  )
})

test('kind 5: a detector is missing where most older nodes report healthy, and the new one nothing', () => {
  fc.assert(
    fc.property(some, (healthy) => {
      const pool = healthy.map((one, index) => older(index, {}, one))
      assert.equal(lack(pool, {}, false) !== undefined, isMost(healthy))
      assert.equal(lack(pool, {}, true), undefined)
    }),
  )
})

test('kind 5: without older nodes, the start-up taints that are known hold the proof up, and a dedicated one does not', () => {
  assert.equal(lack([], { taints: [taint] }), undefined)
  for (const key of ['node.cilium.io/agent-not-ready', 'readiness.k8s.io/network', 'node.kubernetes.io/not-ready']) {
    assert.match(lack([], { taints: [{ key, effect: 'NoSchedule' }] }) ?? '', new RegExp(`still has taint ${key}`))
  }
})
