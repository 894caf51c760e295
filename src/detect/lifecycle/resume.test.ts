import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { conditionTypes } from '../../model/condition.ts'
import { parseState, serialiseState } from '../ledger/state-file.ts'
import { mostFindings, mostNotices } from './draft.ts'
import { emptyState, type LifecycleState, type Sighting } from './state.ts'
import { type Input, step } from './step.ts'
import { lifecycles, match, sighting, testSettings } from './testing/settings.ts'

const settings = testSettings()
const checked: readonly Input[] = [
  { kind: 'monitors', monitors: [{ name: 'kernel', conditions: conditionTypes }] },
  { kind: 'watch', monitor: 'kernel', watch: { state: 'checked' } },
]

/** Generates a log: lines with growing times and any reason, device, group and severity. */
const log = fc
  .array(
    fc.record({
      gap: fc.constantFrom(0, 1, 900, 30_000, 70_000, 700_000),
      reason: fc.constantFrom(...Object.keys(lifecycles), 'Unlisted'),
      device: fc.constantFrom(undefined, '0000:3b:00', '0000:5e:00'),
      group: fc.constantFrom(undefined, 'bus'),
      severity: fc.constantFrom('info', 'warning', 'fatal'),
      scope: fc.constantFrom('hardware', 'hardware', 'application'),
      recovery: fc.constantFrom(false, false, false, true),
      trust: fc.constantFrom('kernel', 'userspace'),
    }),
    { maxLength: 40 },
  )
  .map((lines) => {
    let at = 1_000
    return lines.map(({ gap, reason, device, group, severity, scope, recovery, trust }, position): Sighting => {
      at += gap
      const what = match(reason, {
        severity,
        scope,
        ...(device !== undefined && { device }),
        ...(group !== undefined && { group }),
        ...(recovery && { recovery }),
      })
      return { match: what, at, source: 'kmsg', position, trust }
    })
  })

function run(state: LifecycleState, lines: readonly Sighting[], now: number): LifecycleState {
  const inputs = lines.map((sighting): Input => ({ kind: 'seen', sighting }))
  return step(state, [...inputs, ...checked], { now, wallOffset: 0 }, settings).state
}

function stored(state: LifecycleState): LifecycleState {
  const text = serialiseState({ time: { bootId: 'b', base: 0, now: 0 }, cursors: {}, lifecycle: state })
  const parsed = parseState(text)
  assert.ok(!('trouble' in parsed), JSON.stringify(parsed))
  return parsed.lifecycle
}

/** What the cluster sees, without the transition times, which depend on when the agent ran. */
function seen(state: LifecycleState): unknown {
  const findings = [...state.findings].map(([key, { told: _told, ...finding }]) => [key, finding])
  const conditions = Object.entries(state.conditions).map(([type, { since: _since, ...said }]) => [type, said])
  return { conditions, findings, ids: [...state.findings.values()].map(({ id }) => id) }
}

describe('a killed agent', () => {
  it('reaches the same conditions as an agent that was not killed', () => {
    fc.assert(
      fc.property(
        log,
        fc.array(fc.nat(40), { maxLength: 5 }),
        fc.constantFrom(0, 100_000, 100_000_000),
        (lines, cuts, rest) => {
          const end = (lines.at(-1)?.at ?? 0) + rest
          const start = step(emptyState('boot', 0), checked, { now: 0, wallOffset: 0 }, settings).state
          const whole = run(start, lines, end)

          // The agent is killed at each cut; the file holds the state and the cursor that belongs to it.
          let state = start
          let cursor = 0
          for (const cut of [...cuts, lines.length].sort((a, b) => a - b)) {
            const batch = lines.slice(cursor, cut)
            const now = lines[Math.min(cut, lines.length) - 1]?.at ?? 0
            run(state, batch, now) // this effect is lost with the process,
            const resumed = stored(state) // which resumes from the file
            state = run(resumed, batch, now) // and reads the same lines again
            cursor = Math.max(cursor, cut)
          }
          state = run(stored(state), lines.slice(cursor), end)
          assert.deepEqual(seen(state), seen(whole))
        },
      ),
    )
  })

  it('reads from its file what it wrote', () => {
    fc.assert(
      fc.property(log, (lines) => {
        const state = run(emptyState('boot', 0), lines, lines.at(-1)?.at ?? 0)
        const { watchers: _watchers, ...back } = stored(state)
        const { watchers, ...kept } = state
        assert.equal(watchers.get('kernel')?.watch.state, 'checked')
        assert.deepEqual(back, kept)
      }),
    )
  })

  it('starts anew when the file is cut or changed, and never throws', () => {
    const state = run(emptyState('boot', 0), [sighting(1, 1, match('Fatal'))], 1)
    const text = serialiseState({ time: { bootId: 'b', base: 0, now: 0 }, cursors: { kmsg: 3 }, lifecycle: state })
    assert.ok(!('trouble' in parseState(text)))
    fc.assert(fc.property(fc.nat(text.length - 3), (length) => 'trouble' in parseState(text.slice(0, length))))
    fc.assert(fc.property(fc.json(), (json) => 'trouble' in parseState(json)))
    for (const damaged of [text.replace('"version":2', '"version":1'), text.replace('"base":0', '"base":null')]) {
      assert.ok('trouble' in parseState(damaged))
    }
  })
})

describe('at every step', () => {
  it('no condition returns to True before the hold time of its cause', () => {
    fc.assert(
      fc.property(log, fc.array(fc.nat(100_000), { maxLength: 60 }), (lines, pauses) => {
        let state = step(emptyState('boot', 0), checked, { now: 0, wallOffset: 0 }, settings).state
        let falseSince: number | undefined
        for (const [index, line] of lines.entries()) {
          state = run(state, [line], line.at)
          for (const pause of pauses.slice(index, index + 2))
            state = run(state, [], Math.min(line.at + pause, lines[index + 1]?.at ?? Infinity))
          const { status, since, reason } = state.conditions.KernelReady
          if (status === 'False') falseSince ??= since
          else if (falseSince !== undefined) {
            assert.ok(since - falseSince >= 0, reason)
            falseSince = undefined
          }
        }
      }),
    )
  })

  it('memory is bounded, whatever is logged', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(600), fc.constantFrom('info', 'warning', 'fatal')), {
          minLength: 300,
          maxLength: 600,
        }),
        (storm) => {
          const lines = storm.map(([device, severity], sequence): Sighting => {
            return sighting(sequence, sequence, match('Fatal', { device: `d${device}`, severity }))
          })
          const state = run(emptyState('boot', 0), lines, lines.length)
          assert.ok(state.findings.size <= mostFindings)
          assert.ok(state.notices.size <= mostNotices)
          for (const finding of state.findings.values())
            assert.ok(finding.companions.length <= 8 && finding.recent.length <= 3)
          if (storm.some(([, severity]) => severity === 'fatal'))
            assert.equal(state.conditions.KernelReady.status, 'False')
        },
      ),
      { numRuns: 20 },
    )
  })
})
