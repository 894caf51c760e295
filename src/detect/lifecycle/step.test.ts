import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { conditionTypes } from '../../model/condition.ts'
import type { Trust } from '../../model/evidence.ts'
import type { Match } from '../../model/finding.ts'
import { longestMessage } from './condition.ts'
import { mostFindings, mostNotices } from './draft.ts'
import type { Settings } from './settings.ts'
import { emptyState, type LifecycleState } from './state.ts'
import { type Input, step } from './step.ts'
import { match, sighting, testSettings } from './testing/settings.ts'

const kernelLog: Input = { kind: 'monitors', monitors: [{ name: 'kernel', conditions: conditionTypes }] }
const checked: Input = { kind: 'watch', monitor: 'kernel', watch: { state: 'checked' } }

/** Runs a life cycle at given times; steady time equals the wall clock. */
function life(settings: Settings = testSettings()) {
  let state = step(emptyState('boot-one', 0), [kernelLog], { now: 0, wallOffset: 0 }, settings).state
  let sequence = 0
  let wakeAt: number | undefined
  const run = (now: number, ...inputs: Input[]): LifecycleState => {
    const stepped = step(state, inputs, { now, wallOffset: 0 }, settings)
    state = stepped.state
    wakeAt = stepped.wakeAt
    return state
  }
  return {
    run,
    see: (at: number, what: Match, trust: Trust = 'kernel') =>
      run(at, { kind: 'seen', sighting: sighting(at, sequence++, what, { trust }) }),
    kernel: () => state.conditions.KernelReady,
    notices: () => [...state.notices.values()].map((one) => `${one.type} ${one.reason}: ${one.message} ×${one.count}`),
    wakeAt: () => wakeAt,
  }
}

describe('a condition', () => {
  it('is Unknown before the first check, True after it', () => {
    const { run, kernel } = life()
    run(10)
    assert.deepEqual([kernel().status, kernel().reason, kernel().since], ['Unknown', 'NotYetChecked', 0])
    run(20, checked)
    assert.deepEqual([kernel().status, kernel().reason, kernel().since], ['True', 'KernelIsReady', 20])
  })

  it('turns False at the time of the line and keeps its text while its causes stay the same', () => {
    const { run, see, kernel } = life()
    run(0, checked)
    see(1000, match('Fatal'))
    const first = kernel()
    assert.deepEqual(
      [first.status, first.reason, first.message, first.since],
      ['False', 'Fatal', 'Fatal happened', 1000],
    )
    for (let at = 2000; at < 60_000; at += 1000) see(at, match('Fatal', { message: `Fatal again at ${at}` }))
    assert.deepEqual(kernel(), first)
  })

  it('is named after its newest cause and names the others', () => {
    const { see, kernel } = life()
    see(1000, match('Fatal'))
    see(2000, match('Quiet', { device: 'sda' }))
    see(3000, match('Fatal'))
    assert.equal(kernel().reason, 'Quiet')
    assert.equal(kernel().message, 'Quiet happened on sda; Fatal: Fatal happened')
    assert.equal(kernel().since, 1000)
  })

  it('has a bounded message that says how much is missing', () => {
    const { see, kernel } = life()
    for (let n = 0; n < 100; n++) see(1000 + n, match('Fatal', { device: `sd${n}`, message: 'ä'.repeat(300) }))
    assert.ok(Buffer.byteLength(kernel().message) <= longestMessage)
    assert.match(kernel().message, /; and \d+ more$/)
  })

  it('does not turn False for an application fault or a warning', () => {
    const { run, see, kernel } = life()
    run(0, checked)
    see(1000, match('Fatal', { scope: 'application' }))
    see(1000, match('Quiet', { severity: 'warning' }))
    assert.equal(kernel().status, 'True')
  })

  it('marks a line from user space, until the kernel logs it as well', () => {
    const { see, kernel } = life()
    see(1000, match('Fatal'), 'userspace')
    assert.match(kernel().message, /written from user space/)
    see(2000, match('Fatal'), 'kernel')
    assert.doesNotMatch(kernel().message, /written from user space/)
  })

  it('does not turn False for user space when that is not accepted', () => {
    const { run, see, kernel, notices } = life(testSettings(undefined, false))
    run(0, checked)
    see(1000, match('Fatal'), 'userspace')
    assert.equal(kernel().status, 'True')
    assert.deepEqual(notices(), ['Warning Fatal: Fatal happened (written from user space: an unannounced drill) ×1'])
  })

  it('follows overrides of reason and code, which can disable a line', () => {
    const overrides = {
      reasons: { Fatal: { severity: 'warning' as const }, Quiet: { disabled: true } },
      codes: { xid: { '63': { severity: 'fatal' as const } } },
    }
    const { run, see, kernel, notices } = life(testSettings(overrides))
    run(0, checked)
    see(1000, match('Fatal'))
    see(1000, match('Quiet'))
    assert.equal(kernel().status, 'True')
    assert.equal(notices().length, 1)
    see(2000, match('Other', { family: 'xid', code: 63, severity: 'info' }))
    assert.equal(kernel().reason, 'Other')
  })

  it('is Unknown, not True, when its evidence cannot be read; a known fault stays', () => {
    const { run, see, kernel } = life()
    run(0, checked)
    const blind: Input = { kind: 'watch', monitor: 'kernel', watch: { state: 'blind', why: 'EPERM' } }
    run(10, blind)
    assert.deepEqual([kernel().status, kernel().reason, kernel().message], ['Unknown', 'CannotCheck', 'kernel: EPERM'])
    see(20, match('Fatal'))
    assert.equal(kernel().status, 'False')
  })
})

describe('a finding', () => {
  it('is raised when enough lines arrive within the window', () => {
    const { run, see, kernel } = life()
    run(0, checked)
    for (const at of [0, 50_000, 70_000, 120_000]) see(at, match('Thrice'))
    assert.equal(kernel().status, 'True')
    see(125_000, match('Thrice'))
    assert.equal(kernel().status, 'False')
    assert.equal(kernel().since, 125_000)
  })

  it('is held, then ends after quiet time', () => {
    const { run, see, kernel, wakeAt, notices } = life()
    run(0, checked)
    see(1000, match('Quiet'))
    see(500_000, match('Quiet'))
    run(1_099_999)
    assert.equal(kernel().status, 'False')
    assert.ok((wakeAt() ?? 0) <= 1_100_000)
    run(1_100_000)
    assert.deepEqual([kernel().status, kernel().since], ['True', 1_100_000])
    assert.match(notices()[1] ?? '', /^Normal Quiet: over/)
  })

  it('ends by a recovery line, but not before its hold time', () => {
    const { run, see, kernel, notices } = life()
    run(0, checked)
    see(1000, match('Fatal', { device: 'sda' }))
    see(2000, match('Fatal', { recovery: true, device: 'sdb' }))
    see(3000, match('Fatal', { recovery: true }))
    run(60_999)
    assert.equal(kernel().status, 'False')
    run(61_000)
    assert.equal(kernel().status, 'True')
    assert.equal(notices().at(-1), 'Normal Fatal: recovered on sda ×1')
  })

  it('stays when its fault returns within the hold time', () => {
    const { run, see, kernel } = life()
    run(0, checked)
    see(1000, match('Fatal'))
    see(2000, match('Fatal', { recovery: true }))
    see(3000, match('Fatal'))
    run(10_000_000)
    assert.equal(kernel().status, 'False')
  })

  it('ends at a reboot when its entry says so', () => {
    const { run, see, kernel } = life()
    run(0, checked)
    see(1000, match('Fatal'))
    see(1000, match('Lasting'))
    run(2000, { kind: 'boot', bootId: 'boot-two' })
    assert.deepEqual([kernel().status, kernel().reason], ['False', 'Lasting'])
  })
})

describe('one incident', () => {
  const gpu = { group: 'bus', device: '0000:3b:00', condition: 'AcceleratedHardwareReady' as const }
  const line = (reason: string, more: Partial<Match> = {}) => match(reason, { ...gpu, severity: 'warning', ...more })

  it('is one finding, led by its worst line, with companions in order', () => {
    const { run, see, notices } = life()
    see(1000, line('Xid154'))
    see(1100, line('Xid79', { severity: 'fatal' }))
    see(1200, line('Xid45', { scope: 'application' }))
    see(1300, line('Xid45', { scope: 'application' }))
    const state = run(12_000)
    assert.equal(state.findings.size, 1)
    assert.equal(state.conditions.AcceleratedHardwareReady.reason, 'Xid79')
    assert.deepEqual(notices(), ['Warning Xid79: Xid79 happened on 0000:3b:00 [with Xid154, Xid45] ×4'])
  })

  it('ends after a minute of silence, and is not shared by devices', () => {
    const { run, see } = life()
    see(1000, line('Xid79', { severity: 'fatal' }))
    see(1000, line('Xid45', { device: '0000:5e:00' }))
    see(62_000, line('Xid45'))
    assert.equal(run(62_000).findings.size, 3)
  })
})

describe('bounds', () => {
  it('respects its caps, counts the rest, and never drops a fatal finding for a warning', () => {
    const { see, run, kernel } = life()
    see(1, match('Fatal'))
    for (let n = 0; n < 2 * mostFindings; n++) see(2 + n, match('Noise', { severity: 'warning', device: `d${n}` }))
    const state = run(5000)
    assert.equal(state.findings.size, mostFindings)
    assert.ok(state.notices.size <= mostNotices)
    assert.equal(kernel().reason, 'Fatal')
    assert.equal(state.dropped.findings, mostFindings + 1)
  })
})

describe('telling', () => {
  it('rarely reports a growing finding again, under the same name', () => {
    const { run, see, notices } = life()
    const told: string[] = []
    for (let at = 0; at <= 600_000; at += 1000) {
      const state = see(at, match('Fatal', { severity: 'warning' }))
      told.push(...notices())
      run(at, { kind: 'written', notices: state.notices })
    }
    assert.deepEqual(told, [
      'Warning Fatal: Fatal happened ×1',
      'Warning Fatal: Fatal happened ×11',
      'Warning Fatal: Fatal happened ×311',
    ])
  })
})

describe('a level that a look cannot tell', () => {
  const look = (...states: readonly ('over' | 'kept')[]): Input => ({
    kind: 'look',
    monitor: 'kernel',
    levels: states.map((state) => ({ match: match('Lasting', { message: state }), state })),
  })

  it('begins nothing, and keeps what has begun as it is', () => {
    const { run } = life()
    assert.equal(run(0, checked, look('kept')).findings.size, 0)
    run(10, look('over'))
    const [finding] = run(20, look('kept')).findings.values()
    assert.deepEqual([finding?.over, finding?.leader.message], [undefined, 'over'])
    run(30, look())
    assert.equal(run(40).findings.size, 0)
  })
})

describe('a level that a line has reported', () => {
  it('ends what the line began, and says nothing milder meanwhile', () => {
    const { run, see, kernel } = life()
    run(0, checked)
    see(10, match('Lasting'))
    const milder = match('Lasting', { severity: 'warning', message: 'measured' })
    const look = (levels: readonly { readonly match: Match; readonly state: 'over' }[]): Input => ({
      kind: 'look',
      monitor: 'kernel',
      levels,
    })
    for (const at of [20, 30]) run(at, look([{ match: milder, state: 'over' }]))
    assert.deepEqual([kernel().status, kernel().message], ['False', 'Lasting happened'])
    run(40, look([]))
    run(50)
    assert.equal(kernel().status, 'True')
  })
})
