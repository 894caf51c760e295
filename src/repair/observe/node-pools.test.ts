import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readNodePool } from './node-pools.ts'

const read = (budgets: readonly object[]) => {
  const pool = { metadata: { name: 'general' }, spec: { disruption: { budgets } } }
  return readNodePool(pool).budgets
}

test('budgets are read as Karpenter writes them', () => {
  const { object, label, pool, budgets, trouble } = read([
    { nodes: '10%' },
    { nodes: '3', reasons: ['Drifted'] },
    { nodes: '0', schedule: '0 9 * * mon-fri', duration: '8h0m0s' },
  ])
  assert.deepEqual([object, label, pool, trouble], ['NodePool general', 'karpenter.sh/nodepool', 'general', undefined])
  assert.deepEqual(budgets[0], { nodes: { value: 10, percent: true } })
  assert.deepEqual(budgets[1], { nodes: { value: 3, percent: false }, reasons: ['Drifted'] })
  assert.equal(budgets[2]?.window?.durationMs, 8 * 3_600_000)
  assert.equal(budgets[2]?.window?.schedule.timeZone, 'UTC')
})

test('a NodePool without budgets limits nothing', () => {
  assert.deepEqual(readNodePool({ metadata: { name: 'general' } }).budgets.budgets, [])
})

for (const [budget, says] of [
  [{ nodes: '101%' }, '.nodes is "101%": it is neither a count nor a share'],
  [{}, '.nodes is undefined: it is neither a count nor a share'],
  [{ nodes: '1', schedule: '@daily' }, ' has one of schedule and duration without the other'],
  [{ nodes: '1', duration: '1h' }, ' has one of schedule and duration without the other'],
  [{ nodes: '1', schedule: '0 0 * * tue-mon', duration: '1h' }, '.schedule is "0 0 * * tue-mon": the day of the week'],
  [{ nodes: '1', schedule: '@daily', duration: 'long' }, '.duration is "long": it is no duration'],
] as const) {
  test(`${JSON.stringify(budget)} is named with its place, also beside good ones`, () => {
    const { trouble = '' } = read([{ nodes: '10%' }, budget])
    assert.ok(trouble.startsWith(`NodePool general spec.disruption.budgets[1]${says}`), trouble)
  })
}
