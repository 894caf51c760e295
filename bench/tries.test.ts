import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Fault } from './subjects/subject.ts'
import { inMs, type Plan, patienceMs, tryOften } from './tries.ts'

const shows = () => false

function plan(delays: readonly (number | undefined)[], recovery?: Fault['recovery']): Plan {
  const left = [...delays]
  return {
    tries: 5,
    fault: (n) => ({ line: `fault ${n}`, shows, ...(recovery && { recovery }) }),
    pause: () => Promise.resolve(),
    delayOf: () => Promise.resolve(left.shift()),
  }
}

test('a missed try is counted, and counts as late as was waited for it', async () => {
  const tried = await tryOften(plan([10, undefined, 30, undefined, 50]))
  assert.deepEqual(tried, { delays: [10, patienceMs, 30, patienceMs, 50], recoveries: [], missed: 2 })
  assert.equal(inMs(tried.delays).p50Ms, 50)
  assert.equal(inMs(tried.delays).maxMs, patienceMs)
})

test('an agent that has stopped to report is not waited for to the end', async () => {
  const tried = await tryOften(plan([10, undefined, undefined, undefined, 50]))
  assert.equal(tried.delays.length, 4)
  assert.equal(tried.missed, 3)
})

test('an agent that reports nothing has no figures', async () => {
  await assert.rejects(tryOften(plan([])), /NM_BENCH_LATE: a report of any of 3 lines did not come within 60000 ms/)
})

test('the way back is measured apart, and must come', async () => {
  const recovery = { line: 'over', shows }
  assert.deepEqual(await tryOften(plan([1, 10, 2, 20, 3, 30, 4, 40, 5, 50], recovery)), {
    delays: [1, 2, 3, 4, 5],
    recoveries: [10, 20, 30, 40, 50],
    missed: 0,
  })
  await assert.rejects(tryOften(plan([1, undefined], recovery)), /NM_BENCH_LATE: a report of over /)
  await assert.rejects(tryOften(plan([1, 10, undefined], recovery)), /NM_BENCH_LATE: a report of fault 1 /)
})
