import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { NodeView } from '../../model/node.ts'
import type { DrainLimits } from '../../model/policy.ts'
import type { Attempt, Phase, Plan } from '../../model/repair.ts'
import type { DrainPass } from '../act/drain/run.ts'
import { givenAttempt, givenCondition, givenNode, givenPolicy, givenSnapshot, minute, noon } from '../testing/given.ts'
import { nextStep } from './step.ts'
import type { Step, StepView } from './transition.ts'

const sick = givenCondition('KernelReady')
const old = givenNode('old', {}, sick)
const fresh = givenNode('new')
const spare = givenNode('spare')
const plan: Plan = {
  policy: 'kernel',
  generation: 1,
  action: 'Replace',
  provider: 'embedded',
  target: { kind: 'Node', name: 'old', uid: 'uid-old' },
  condition: 'KernelReady',
  status: 'False',
  reason: 'KernelReadyReason',
  drain: givenPolicy().drain,
  dwellMs: 5 * minute,
}

/** An attempt that entered `phase` at noon. */
function given(phase: Phase, more: Partial<Attempt> = {}, limits: Partial<DrainLimits> = {}): Attempt {
  const progress = {
    startedAt: noon,
    deadline: noon + 15 * minute,
    evicted: 0,
    remaining: 2,
    blockers: [],
    leftBehind: [],
  }
  return givenAttempt(old, {
    phase,
    phases: [{ phase, at: noon, why: '' }],
    plan: { ...plan, drain: { ...plan.drain, ...limits } },
    taintedAt: noon,
    drain: progress,
    ...more,
  })
}

function step(attempt: Attempt, view: Partial<StepView> = {}, nodes: readonly NodeView[] = [old, spare]): Step {
  return nextStep(attempt, { snapshot: givenSnapshot({ nodes }), now: noon + minute, slotFree: true, ...view })
}

function pass(more: Partial<DrainPass> = {}): DrainPass {
  const rest = { nodeGone: false, taintGone: false, evicted: 0, remaining: 2, stuck: false, blockers: [], left: [] }
  return { listedAt: noon + minute, ...rest, ...more }
}

/** The phase that a recording step enters, with its last words; other steps by their kind. */
function says(next: Step): string {
  if (next.kind === 'wait') return `wait: ${next.why}`
  if (next.kind !== 'record') return next.kind
  return `${next.untaint ? 'untaint, ' : ''}${next.attempt.phase}: ${next.attempt.phases.at(-1)?.why ?? ''}`
}

const pdb = { pod: 'shop/web', kind: 'budget', reason: 'budget', budgets: ['web'] } as const
const batch = { pod: 'shop/batch', kind: 'protected', reason: 'annotation', budgets: [] } as const

describe('before the commit', () => {
  test('taint first, then drain, then commit', () => {
    const { taintedAt: _, ...untainted } = given('Preparing')
    assert.equal(says(step(untainted)), 'taint')
    assert.match(says(step(given('Preparing'))), /^Draining/)
    assert.equal(says(step(given('Draining'))), 'drain')
    assert.match(says(step(given('Draining'), { pass: pass({ remaining: 0 }) })), /^Committing/)
  })

  test('an empty list within five seconds of the taint is not the last one', () => {
    const early = step(given('Draining'), { pass: pass({ remaining: 0, listedAt: noon + 4_999 }) })
    assert.equal(early.kind === 'record' && early.attempt.phase, 'Draining')
    assert.match(says(step(given('Draining'), { pass: pass({ remaining: 0, listedAt: noon + 5_000 }) })), /^Committing/)
  })

  test('L9: a node without pods needs no time to drain, only the last list', () => {
    const late = (listedAt: number) => ({ now: noon + 15 * minute, pass: pass({ remaining: 0, listedAt }) })
    assert.match(says(step(given('Draining'), late(noon + 4_999))), /^Draining/)
    assert.match(says(step(given('Draining'), late(noon + 5_000))), /^Committing/)
  })

  test('a node that recovers is let go, and our taint with it', () => {
    for (const phase of ['Preparing', 'Draining', 'Blocked'] as const) {
      assert.match(
        says(step(given(phase), {}, [givenNode('old', {}, givenCondition('KernelReady', 'True')), spare])),
        /^untaint, Cancelled: KernelReady is no longer False/,
      )
    }
  })

  test('a veto, another owner, a removed taint or a vanished node cancels', () => {
    const vetoed = givenNode('old', { annotations: { 'nodemend.dev/veto': 'true' } }, sick)
    assert.match(says(step(given('Draining'), {}, [vetoed])), /^untaint, Cancelled: veto/)
    const owned = givenNode('old', { taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] }, sick)
    assert.match(says(step(given('Draining'), {}, [owned])), /^untaint, Cancelled: Karpenter/)
    assert.match(
      says(step(given('Draining'), { pass: pass({ taintGone: true }) })),
      /Cancelled: somebody removed our taint/,
    )
    assert.match(says(step(given('Draining'), {}, [spare])), /Cancelled: the node is gone/)
    assert.match(says(step(given('Draining'), { pass: pass({ nodeGone: true }) })), /Cancelled: the node is gone/)
  })

  test('freeze and pause hold everything, and undo nothing', () => {
    const frozen = { snapshot: givenSnapshot({ nodes: [], health: { synced: false } }) }
    const settling = { snapshot: givenSnapshot({ nodes: [old], health: { settledAt: noon + 2 * minute } }) }
    const paused = { snapshot: givenSnapshot({ nodes: [old], pause: { state: 'on', why: 'upgrade' } }) }
    const unsure = { snapshot: givenSnapshot({ nodes: [old], pause: { state: 'unknown', why: '403' } }) }
    for (const view of [frozen, settling, paused, unsure]) {
      for (const phase of ['Preparing', 'Draining', 'Committing', 'Acting', 'Dwelling'] as const) {
        assert.equal(step(given(phase), view).kind, 'wait')
      }
    }
  })

  test('what cannot be done or seen ends long after its time, and gives the slot back', () => {
    const { taintedAt: _, ...untainted } = given('Preparing', { deadline: noon + 20 * minute })
    assert.match(says(step(untainted, { now: noon + 20 * minute })), /^Failed: the node could not be tainted/)
    const blind = { unread: 'list pods: 403' }
    assert.equal(says(step(given('Draining'), { ...blind, now: noon + 19 * minute })), 'wait: list pods: 403')
    assert.match(
      says(step(given('Draining'), { ...blind, now: noon + 20 * minute })),
      /^untaint, Failed: the drain cannot/,
    )
  })

  test('progress is written when it says something new, and only then', () => {
    assert.equal(step(given('Draining'), { pass: pass() }).kind, 'wait')
    const next = step(given('Draining'), { pass: pass({ evicted: 1, remaining: 1 }) })
    assert.deepEqual(next.kind === 'record' && [next.attempt.drain?.evicted, next.attempt.drain?.remaining], [1, 1])
  })
})

describe('a drain that is blocked', () => {
  const since = (ago: number, more: Partial<Attempt> = {}) => {
    const attempt = given('Draining', more, { timeoutMs: 60 * minute })
    const drain = attempt.drain && { ...attempt.drain, deadline: noon + 60 * minute, blockedSince: noon + minute - ago }
    return { ...attempt, ...(drain && { drain }) }
  }
  const stuck = { pass: pass({ stuck: true, blockers: [pdb] }) }

  test('lends its slot after 15 minutes, and takes it back before it goes on', () => {
    assert.match(says(step(since(15 * minute), stuck)), /^Blocked: shop\/web in the way/)
    assert.match(says(step(since(15 * minute - 1), stuck)), /^Draining/)
    const drained = { pass: pass({ remaining: 0 }) }
    assert.match(says(step(since(0, { phase: 'Blocked' }), { ...drained, slotFree: true })), /^Committing/)
    const held = step(since(0, { phase: 'Blocked' }), { ...drained, slotFree: false })
    assert.notEqual(held.kind === 'record' && held.attempt.phase, 'Committing')
  })

  test('a pod that leaves again ends the block', () => {
    const next = step(since(10 * minute), { pass: pass({ evicted: 1 }) })
    assert.equal(next.kind === 'record' && next.attempt.drain?.blockedSince, undefined)
  })

  test('at the deadline: Abort puts back, ProceedWithout says whom it leaves, ForceDelete respects budgets', () => {
    const late = { now: noon + 15 * minute, pass: pass({ stuck: true, blockers: [pdb] }) }
    assert.match(says(step(given('Draining'), late)), /^untaint, Failed: the drain's time is up; shop\/web in the way/)
    assert.match(says(step(given('Draining', {}, { onTimeout: 'ProceedWithout' }), late)), /^untaint, Failed/)
    const protectedOnly = { ...late, pass: pass({ stuck: true, blockers: [batch] }) }
    const proceed = step(given('Draining', {}, { onTimeout: 'ProceedWithout' }), protectedOnly)
    assert.match(says(proceed), /^Committing/)
    assert.deepEqual(proceed.kind === 'record' && proceed.attempt.drain?.leftBehind, ['shop/batch: annotation'])
    assert.match(says(step(given('Draining', {}, { onTimeout: 'ForceDelete' }), late)), /^untaint, Failed/)
    const over = { onTimeout: 'ForceDelete', pdb: 'RespectUntilDeadline' } as const
    assert.match(says(step(given('Draining', {}, over), late)), /^Draining/)
    assert.match(says(step(given('Draining', {}, over), { ...late, now: noon + 20 * minute })), /^Committing/)
  })
})

describe('the commit', () => {
  test('nothing sent yet is sent, once; what was begun is not begun again', () => {
    assert.equal(says(step(given('Committing'))), 'look')
    assert.equal(says(step(given('Committing'), { operation: { state: 'not-started' } })), 'call')
    assert.match(says(step(given('Committing'), { operation: { state: 'running', why: '' } })), /^Acting/)
    const gone = { state: 'gone', successor: { kind: 'awaited', why: '' } } as const
    assert.match(says(step(given('Committing'), { operation: gone })), /^Acting/)
  })

  test('a fault that cleared before the call authorises nothing', () => {
    const healed = givenNode('old', {}, givenCondition('KernelReady', 'True'))
    const next = step(given('Committing'), { operation: { state: 'not-started' } }, [healed, spare])
    assert.match(says(next), /^untaint, Cancelled/)
  })

  test('a veto, a pause or another owner that comes before the call still stops it', () => {
    const notStarted = { operation: { state: 'not-started' } } as const
    const vetoed = givenNode('old', { annotations: { 'nodemend.dev/veto': 'true' } }, sick)
    assert.match(says(step(given('Committing'), notStarted, [vetoed])), /^untaint, Cancelled: veto/)
    const owned = givenNode('old', { taints: [{ key: 'karpenter.sh/disrupted', effect: 'NoSchedule' }] }, sick)
    assert.match(says(step(given('Unknown'), notStarted, [owned])), /^untaint, Cancelled: Karpenter/)
    const begun = { operation: { state: 'running', why: '' } } as const
    assert.match(says(step(given('Committing'), begun, [vetoed])), /^Acting/)
  })

  test('a call that is turned down for ever ends, gives the node and the slot back, and says why', () => {
    const committing = step(given('Draining'), { pass: pass({ remaining: 0 }) })
    assert.equal(committing.kind === 'record' && committing.attempt.deadline, noon + 21 * minute)
    const refused = { operation: { state: 'not-started' }, turnedDown: 'delete nodes: 403' } as const
    assert.equal(says(step(given('Committing'), { ...refused, now: noon + 20 * minute - 1 })), 'call')
    for (const phase of ['Committing', 'Unknown'] as const) {
      assert.match(
        says(step(given(phase), { ...refused, now: noon + 20 * minute })),
        /^untaint, Failed: the provider did not begin in time: delete nodes: 403/,
      )
    }
  })

  test('what cannot be told is waited for, never repeated, and ends with a person', () => {
    const dark = { operation: { state: 'unknown', why: 'no answer' } } as const
    assert.match(says(step(given('Committing'), dark)), /^Unknown: outcome unknown: no answer/)
    const unknown = given('Unknown', { deadline: noon + 20 * minute })
    assert.equal(says(step(unknown, dark)), 'wait: outcome unknown: no answer')
    assert.match(
      says(step(unknown, { ...dark, now: noon + 20 * minute })),
      /^untaint, Failed: outcome unknown: no answer/,
    )
    const begun = given('Unknown', {
      deadline: noon + 20 * minute,
      phases: [
        { phase: 'Acting', at: noon, why: '' },
        { phase: 'Unknown', at: noon, why: '' },
      ],
    })
    assert.equal(step(begun, { operation: { state: 'not-started' } }).kind, 'wait')
  })

  test('the old node goes, a new one comes, or the time is up', () => {
    const running = { operation: { state: 'running', why: 'terminating' } } as const
    assert.equal(says(step(given('Acting'), running)), 'wait: terminating')
    assert.match(
      says(step(given('Acting'), { ...running, now: noon + 20 * minute })),
      /^untaint, Failed: not gone in time/,
    )
    const dark = { operation: { state: 'unknown', why: 'no answer' } } as const
    assert.equal(says(step(given('Observing'), dark)), 'wait: outcome unknown: no answer')
    assert.match(
      says(step(given('Observing'), { ...dark, now: noon + 20 * minute })),
      /^untaint, Failed: outcome unknown: no answer/,
    )
    const awaited = { operation: { state: 'gone', successor: { kind: 'awaited', why: 'no machine' } } } as const
    assert.match(says(step(given('Acting'), awaited)), /^Observing/)
    assert.equal(says(step(given('Observing'), awaited)), 'wait: no machine')
    assert.match(
      says(step(given('Observing'), { ...awaited, now: noon + 20 * minute })),
      /^untaint, Failed: no replacement/,
    )
    const found = {
      operation: { state: 'gone', successor: { kind: 'found', node: { name: 'new', uid: 'uid-new' } } },
    } as const
    assert.match(says(step(given('Observing'), found)), /^Dwelling: new takes its place/)
    const enough = { operation: { state: 'gone', successor: { kind: 'not-needed', why: 'no pod waits' } } } as const
    assert.match(says(step(given('Observing'), enough)), /^untaint, Succeeded: the old node is gone; no pod waits/)
  })
})

describe('the proof', () => {
  const dwelling = (more: Partial<Attempt> = {}) =>
    given('Dwelling', {
      successor: { name: 'new', uid: 'uid-new', since: noon },
      deadline: noon + 30 * minute,
      ...more,
    })

  test('healthy for the whole dwell time, without a break', () => {
    const first = step(dwelling(), {}, [fresh])
    assert.equal(first.kind === 'record' && first.attempt.healthySince, noon + minute)
    const since = dwelling({ healthySince: noon + minute })
    assert.equal(step(since, { now: noon + 6 * minute - 1 }, [fresh]).kind, 'wait')
    assert.match(
      says(step(since, { now: noon + 6 * minute }, [fresh])),
      /^Succeeded: new is ready and free of faults since/,
    )
    const broken = step(since, { now: noon + 6 * minute }, [givenNode('new', {}, givenCondition('StorageReady'))])
    assert.equal(broken.kind === 'record' && broken.attempt.healthySince, undefined)
  })

  test('the same fault again is a failure at once', () => {
    assert.match(says(step(dwelling(), {}, [givenNode('new', {}, sick)])), /^Failed: new has KernelReady=False/)
  })

  test('never ready, or gone, is a failure in the end', () => {
    assert.match(says(step(dwelling(), { now: noon }, [])), /^wait/)
    assert.match(says(step(dwelling(), { now: noon + 30 * minute }, [])), /^Failed: not proven in time/)
  })
})

test('finished and pending attempts have no next step', () => {
  for (const phase of ['Pending', 'Succeeded', 'Failed', 'Cancelled'] as const)
    assert.equal(step(given(phase)).kind, 'wait')
})
