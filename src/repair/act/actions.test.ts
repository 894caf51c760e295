import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { actions, interventions, remedies } from '../../model/action.ts'
import { providersNamed } from '../../providers/providers.ts'
import { SteppedClock } from '../../telemetry/clock.ts'
import { noon } from '../testing/given.ts'
import { actorsAmong, kindOf, noProvider, ownActions } from './actions.ts'
import { OnNodePods } from './on-node/pods.ts'

test('the actions are those of the remedies that are built, in the same order; nothing done is the mildest', () => {
  assert.deepEqual(
    actions,
    remedies.filter((one) => (actions as readonly string[]).includes(one)),
  )
  assert.equal(actions[0], 'NoAction')
  assert.deepEqual(interventions, actions.slice(1))
})

test('every action has a folder of its own with a test, and words of its own', () => {
  const missing = interventions
    .map((action) => action.toLowerCase())
    .filter((name) => !existsSync(join(import.meta.dirname, name, `${name}.test.ts`)))
  assert.deepEqual(missing, [])
  const verbs = interventions.map((action) => kindOf(action).words.verb)
  assert.equal(new Set(verbs).size, interventions.length)
})

test('a plan is carried out by its own provider, and only where that can', () => {
  const never = (): never => {
    throw new Error('nothing is called here')
  }
  const parts = {
    api: { server: 'none', close: () => undefined, request: never, stream: never },
    clock: new SteppedClock(noon),
  }
  const findActor = actorsAmong(providersNamed(['karpenter', 'embedded'], parts), parts)
  assert.ok(findActor({ action: 'Replace', provider: 'karpenter' }))
  assert.equal(findActor({ action: 'Reboot', provider: 'karpenter' }), undefined)
  assert.equal(findActor({ action: 'Replace', provider: 'unknown' }), undefined)
  for (const action of ownActions) assert.equal(findActor({ action, provider: noProvider }), undefined, action)
  const onNode = new OnNodePods(parts.api, parts.clock, { namespace: 'nodemend', image: 'agent' })
  const findWithPods = actorsAmong([], { ...parts, onNode })
  for (const action of ownActions) assert.ok(findWithPods({ action, provider: noProvider }), action)
})
