/** Stages, judged on what an API server showed of two drills (recorded from `nodemend drill run --embedded`), and on their variations. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { KubeObject } from '../../kube/api.ts'
import { flagText } from '../../model/drill.ts'
import { readAttempt } from '../../repair/attempt/record.ts'
import type { Drill } from '../plan/drill.ts'
import { resultOf } from '../score/score.ts'
import {
  type DrillFacts,
  newFacts,
  type SeenCondition,
  type SeenEvent,
  seeAttempt,
  seeBegun,
  seeConditions,
  seeEvent,
  seeInjected,
  seeRemoved,
  seeTrouble,
} from './facts.ts'
import { isSettled, judgeStages } from './stages.ts'

type Seen = { readonly at: number } & Partial<{
  conditions: readonly SeenCondition[]
  event: SeenEvent
  repair: KubeObject
}>

const recorded = (name: string): readonly Seen[] =>
  readFileSync(join(import.meta.dirname, '../../../fixtures/drills', `${name}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Seen) // written by us

const subject = {
  entry: 'NvidiaXidError',
  reason: 'NvidiaXID79Error',
  summary: '-',
  condition: 'AcceleratedHardwareReady',
  severity: 'fatal',
  scope: 'hardware',
  injection: 'kernel-line',
  line: 'NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.',
  times: 1,
} as const
const enforce: Drill = { id: 'dfx0ox42h', node: 'workers-t9fh5', mode: 'Enforce', forMs: 60_000, subject }
const decide: Drill = { id: 'd6ay51f3f', node: 'workers-x6kqk', mode: 'Decide', forMs: 60_000, subject }
const asked = { decision: true }

function replayed(drill: Drill, all: readonly Seen[]): DrillFacts {
  const begun = (all[0]?.at ?? 0) + 1
  const facts = all.reduce(see, seeInjected(seeBegun(newFacts(drill), begun), begun))
  return seeRemoved(facts, (all.at(-1)?.at ?? 0) + 1)
}

function see(facts: DrillFacts, { at, conditions, event, repair }: Seen): DrillFacts {
  const attempt = repair && readAttempt(repair)
  if (conditions) return seeConditions(facts, conditions, at)
  if (event) return seeEvent(facts, event, at)
  return attempt ? seeAttempt(facts, attempt) : facts
}

const verdicts = (facts: DrillFacts) =>
  Object.fromEntries(resultOf(facts, asked).stages.map(({ stage, verdict }) => [stage, verdict]))

describe('a drill that enforces', () => {
  const all = recorded('xid79-enforce')

  it('passes every stage, in order', () => {
    const { stages, passed } = resultOf(replayed(enforce, all), asked)
    assert.deepEqual(new Set(stages.map(({ verdict }) => verdict)), new Set(['passed']))
    assert.equal(passed, true)
    const order = ['injected', 'detected', 'decision', 'repaired', 'proven']
    const times = order.map((name) => stages.find(({ stage }) => stage === name)?.afterMs ?? -1)
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    )
  })

  it('says the same when everything is seen twice', () => {
    const once = resultOf(replayed(enforce, all), asked)
    const twice = resultOf(
      replayed(
        enforce,
        all.flatMap((one) => [one, one]),
      ),
      asked,
    )
    assert.deepEqual(twice, once)
  })

  it('fails at the first stage that is not seen', () => {
    const half = all.slice(
      0,
      all.findIndex(({ repair }) => repair),
    )
    const seen = verdicts(replayed(enforce, half))
    assert.deepEqual(
      [seen.severity, seen.decision, seen.repaired, seen.proven],
      ['passed', 'failed', 'failed', 'failed'],
    )
  })

  it('asks for no repair where no policy speaks for the condition', () => {
    const half = all.slice(
      0,
      all.findIndex(({ repair }) => repair),
    )
    const { stages, passed } = resultOf(replayed(enforce, [...half, { at: 9e12, conditions: [] }]), { decision: false })
    assert.deepEqual(
      stages.filter(({ verdict }) => verdict === 'not-asked').map(({ stage }) => stage),
      ['decision', 'repaired', 'proven'],
    )
    assert.equal(passed, true)
  })
})

describe('a drill that decides', () => {
  const all = recorded('xid79-decide')

  it('waits out a toleration that ends while the fault is held', () => {
    const first = all.findIndex(({ repair }) => repair)
    const early = all
      .slice(0, first + 1)
      .reduce(see, seeInjected(seeBegun(newFacts(decide), (all[0]?.at ?? 0) + 1), (all[0]?.at ?? 0) + 1))
    assert.equal(isSettled(early, asked), false)
    assert.equal(verdicts(replayed(decide, all)).decision, 'passed')
  })

  it('is not cleaned while the condition still carries its flag', () => {
    const until = all.findLastIndex(({ conditions }) =>
      conditions?.some(({ status, type }) => type === subject.condition && status === 'False'),
    )
    assert.equal(verdicts(replayed(decide, all.slice(0, until + 1))).cleaned, 'failed')
  })

  it('fails where the controller acted all the same', () => {
    const acted = all.map((one) => JSON.parse(JSON.stringify(one).replaceAll('"would-act"', '"act"')) as Seen)
    const { stages } = resultOf(replayed(decide, acted), asked)
    assert.match(stages.find(({ stage }) => stage === 'decision')?.what ?? '', /act.* although the drill says Decide/)
  })
})

describe('a drill that observes', () => {
  const observe: Drill = { ...decide, id: 'o1', mode: 'Observe' }
  const at = 1_800_000_000_500
  const begun = seeInjected(seeBegun(newFacts(observe), at), at)
  const event = (message: string, type = 'Warning', lastAt = at - 500): SeenEvent => ({
    reason: subject.condition,
    message,
    type,
    lastAt,
  })
  const mine = '(injected by drill o1, Observe)'

  it('expects a warning, and a condition that stays as it was', () => {
    const facts = seeRemoved(seeEvent(begun, event(`NvidiaXID79Error: gone ${mine}`), at + 40), at + 60)
    assert.equal(resultOf(facts, asked).passed, true)
    const flagged = {
      type: subject.condition,
      status: 'False',
      reason: 'X',
      message: `${flagText({ id: 'o1', mode: 'Decide' })}x`,
    }
    const condemned = resultOf(seeConditions(facts, [flagged], at + 50), asked)
    assert.deepEqual(
      condemned.stages.filter(({ verdict }) => verdict === 'failed').map(({ stage }) => stage),
      ['severity', 'condition'],
    )
  })

  it('names another severity and another reason', () => {
    const normal = resultOf(seeEvent(begun, event(`NvidiaXID79Error: gone ${mine}`, 'Normal'), at), asked)
    assert.match(normal.stages.find(({ stage }) => stage === 'severity')?.what ?? '', /info in place of warning/)
    const other = resultOf(seeEvent(begun, event(`KernelBug: gone ${mine}`), at), asked)
    assert.match(
      other.stages.find(({ stage }) => stage === 'reason')?.what ?? '',
      /KernelBug in place of NvidiaXID79Error/,
    )
    assert.deepEqual(other.falseFindings, [`KernelBug: gone ${mine}`])
  })

  it('takes no finding of another drill, none of before, and counts none that is nobody’s', () => {
    const others = [
      event('NvidiaXID79Error: gone (injected by drill o12, Observe)'),
      event('NvidiaXID79Error: gone'),
      event('NvidiaXID79Error: over: the drill has ended on 0000:3b:00'),
      event('OldFault: gone', 'Warning', at - 60_000),
    ]
    const facts = others.reduce((all, one) => seeEvent(all, one, at), begun)
    const { stages, falseFindings, beside } = resultOf(facts, asked)
    assert.equal(stages.find(({ stage }) => stage === 'detected')?.verdict, 'failed')
    assert.deepEqual([falseFindings, beside], [[], ['NvidiaXID79Error: gone']])
  })

  it('is over at once when nothing could be injected', () => {
    const facts = seeTrouble(begun, 'the Job was refused')
    assert.equal(isSettled(facts, asked), true)
    assert.deepEqual(judgeStages(facts, asked)[0], {
      stage: 'injected',
      verdict: 'failed',
      what: 'the Job was refused',
    })
  })
})

describe('a real fault', () => {
  const real: Drill = {
    ...decide,
    subject: {
      ...subject,
      entry: 'Ext4Error',
      reason: 'Ext4Error',
      condition: 'StorageReady',
      severity: 'warning',
      injection: 'read-only-file-system',
    },
  }
  const { line: _line, ...unmarked } = real.subject
  const at = 1_800_000_000_000
  const begun = seeInjected(seeBegun(newFacts({ ...real, subject: unmarked }), at), at)
  const event = (message: string): SeenEvent => ({ reason: 'StorageReady', message, type: 'Warning', lastAt: at })

  it('is found by its reason, and what the same injection brings about beside it counts for nothing', () => {
    const seen = ['FilesystemReadOnly: loop3 is read-only now', 'Ext4Error: loop3: error', 'DiskStalled: sda'].map(
      event,
    )
    const result = resultOf(
      seeRemoved(
        seen.reduce((all, one) => seeEvent(all, one, at), begun),
        at,
      ),
      asked,
    )
    assert.equal(result.passed, true)
    assert.deepEqual(result.beside, ['DiskStalled: sda'])
  })
})
