import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NodeView } from '../../model/node.ts'
import type { Attempt, Plan } from '../../model/repair.ts'
import { givenAttempt, givenNode, givenPolicy, givenSnapshot, minute, noon } from '../testing/given.ts'
import { nextStep } from './step.ts'

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
  dwellMs: 5 * minute,
}

/** The record of a repair that has waited for its proof since noon, one step on. */
function after(minutes: number, node: NodeView, more: Partial<Attempt> = {}): Attempt | undefined {
  const attempt = givenAttempt(givenNode('old'), {
    phase: 'Dwelling',
    phases: [{ phase: 'Dwelling', at: noon, why: '' }],
    plan,
    successor: { name: 'new', uid: 'uid-new', since: noon },
    deadline: noon + 30 * minute,
    ...more,
  })
  const now = noon + minutes * minute
  const step = nextStep(attempt, { snapshot: givenSnapshot({ nodes: [node] }), now, slotFree: true })
  return step.kind === 'record' ? step.attempt : undefined
}

test('what a new node lacks is on record after a minute, once, and off it when nothing is missing', () => {
  const cordoned = givenNode('new', { unschedulable: true })
  assert.equal(after(0, cordoned)?.trouble, undefined)
  const trouble = after(1, cordoned)?.trouble ?? ''
  assert.match(trouble, /new is cordoned/)
  assert.equal(after(2, cordoned, { trouble }), undefined)
  const well = after(3, givenNode('new'), { trouble })
  assert.equal(well?.healthySince, noon + 3 * minute)
  assert.equal(well?.trouble, undefined)
})
