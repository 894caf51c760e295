/** Kind 4, for any order of reports: a change between sick statuses loses no time, and a healthy report loses all. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { ConditionStatus } from '../../model/condition.ts'
import type { Attempt } from '../../model/repair.ts'
import type { NodeObject } from '../observe/seen.ts'
import { SeenNodes } from '../observe/seen.ts'
import { givenNode, givenPolicy, givenSighting, givenSnapshot, minute, noon } from '../testing/given.ts'
import { decide } from './decide.ts'

const statuses = fc.array(fc.constantFrom<ConditionStatus | 'missing'>('True', 'False', 'Unknown', 'missing'), {
  minLength: 1,
  maxLength: 20,
})

/** The node as the API shows it, with `status` since `at`. */
function nodeWith(status: ConditionStatus | 'missing', at: number): NodeObject {
  const lastTransitionTime = new Date(at).toISOString()
  const condition = { type: 'KernelReady', status: status as ConditionStatus, lastTransitionTime }
  return {
    metadata: { name: 'a', uid: 'uid-a', creationTimestamp: '2026-03-01T00:00:00Z' },
    status: { nodeInfo: { bootID: 'boot-1' }, conditions: status === 'missing' ? [] : [condition] },
  }
}

test('kind 4: sick is counted since the first sick status after the last healthy report', () => {
  fc.assert(
    fc.property(statuses, (reports) => {
      const seen = new SeenNodes()
      const policy = givenPolicy({ match: [{ condition: 'KernelReady', status: 'False' }] })
      let record: Attempt | undefined
      let sickSince: number | undefined
      let current: ConditionStatus | 'missing' | undefined
      let stamp = noon
      for (const [index, status] of reports.entries()) {
        const now = noon + index * minute
        if (status !== current) stamp = now
        current = status
        if (status === 'True') sickSince = undefined
        if (status === 'False') sickSince ??= now
        const { view } = seen.see(nodeWith(status, stamp), [], now)
        const [decision] = decide(
          givenSnapshot({ nodes: [view, givenNode('spare')] }),
          [policy],
          record ? [record] : [],
          now,
        )
        const since = decision?.outcome === 'cleared' ? undefined : decision?.sightings[0]?.since
        assert.equal(since, sickSince, `after ${reports.slice(0, index + 1).join(', ')}`)
        record =
          decision && sickSince !== undefined ? givenSighting(view, now, { sightings: decision.sightings }) : undefined
      }
    }),
  )
})
