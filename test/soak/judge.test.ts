import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AgentStory, type ControllerStory, judgeAgent, judgeController } from './judge.ts'

const condition = (status: string, message: string, at: string) => [
  { type: 'StorageReady', status, message, lastTransitionTime: at },
]

const goodAgent: AgentStory = {
  warnings: [1],
  fatals: [1],
  fatalCondition: 'StorageReady',
  events: [
    { message: 'SoakWarning: number 1 came on dev1', count: 1 },
    { message: 'SoakFatal: number 1 came on disk1', count: 1 },
    { message: 'SoakFatal: recovered on disk1', count: 1 },
  ],
  states: [
    condition('True', '', '1'),
    condition('False', 'number 1 came on disk1', '2'),
    condition('True', '', '3'),
    condition('True', '', '3'),
  ],
}

test('agent: each fault in one Event and one stay at False is as it should be', () => {
  assert.deepEqual(judgeAgent(goodAgent), { lost: [], doubled: [], flaps: [] })
})

test('agent: what is missing, counted twice or moves without cause is named', () => {
  const missing = judgeAgent({ ...goodAgent, warnings: [1, 2], fatals: [1, 2] })
  assert.deepEqual(missing.lost, [
    'warning 2 is in no Event',
    'fatal 2 is in no Event',
    'fatal 2 never made StorageReady False',
  ])
  const twice = judgeAgent({ ...goodAgent, events: goodAgent.events.map((event) => ({ ...event, count: 2 })) })
  assert.equal(twice.doubled.length, 2)
  const again = judgeAgent({ ...goodAgent, states: [...goodAgent.states, ...goodAgent.states.slice(1)] })
  assert.deepEqual(again.doubled, ['fatal 1 made StorageReady False 2 times'])
  const moved = judgeAgent({ ...goodAgent, states: [...goodAgent.states, condition('True', '', '4')] })
  assert.equal(moved.flaps.length, 1)
  const unknown = judgeAgent({ ...goodAgent, states: [...goodAgent.states, condition('Unknown', '', '4')] })
  assert.equal(unknown.flaps.length, 1)
  const causeless = judgeAgent({ ...goodAgent, states: [...goodAgent.states, condition('False', 'why?', '4')] })
  assert.equal(causeless.flaps.length, 1)
})

const goodController: ControllerStory = {
  sick: [{ name: 'a', uid: '1' }],
  deleted: ['1'],
  remaining: [{ name: 'b', taints: [], cordoned: false }],
  poolSize: 1,
  repairs: [{ name: 'a-1', nodeUid: '1', phases: ['Pending', 'Committing', 'Succeeded'] }],
  evictions: { x: 1 },
}

test('controller: one sick machine, one repair, nothing else touched', () => {
  assert.deepEqual(judgeController(goodController), { lost: [], doubled: [], flaps: [] })
})

test('controller: what is not mended, done twice or left cordoned is named', () => {
  const ignored = judgeController({ ...goodController, deleted: [], repairs: [] })
  assert.equal(ignored.lost.length, 2)
  const collateral = judgeController({ ...goodController, deleted: ['1', '2'], evictions: { x: 2 } })
  assert.deepEqual(collateral.doubled, ['a healthy machine (2) was deleted', 'pod x was evicted 2 times'])
  const repeated = judgeController({
    ...goodController,
    repairs: [...goodController.repairs, { name: 'a-2', nodeUid: '1', phases: ['Committing'] }],
  })
  assert.deepEqual(repeated.doubled, ['a was replaced by a-1, a-2'])
  const left = judgeController({
    ...goodController,
    remaining: [{ name: 'b', taints: ['nodemend.dev/repairing'], cordoned: false }],
  })
  assert.equal(left.lost.length, 1)
})
