import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nodes } from '../kube/api.ts'
import { KubeError } from '../kube/errors.ts'
import type { Occurrence } from '../kube/events/queue.ts'
import { Registry } from '../telemetry/exposition.ts'
import { type Log, silentLog } from '../telemetry/log.ts'
import { decide } from './decide/decide.ts'
import { Reporter } from './report.ts'
import { givenCondition, givenNode, givenPolicy, givenSnapshot, hour, minute, noon } from './testing/given.ts'

function given(log: Log = silentLog) {
  const told: Occurrence[] = []
  const registry = new Registry()
  const events = {
    record: (notice: Occurrence) => void told.push(notice),
    flush: async () => undefined,
    pending: 0,
    dropped: 0,
    stop: () => undefined,
  }
  return { told, registry, reporter: new Reporter({ events, registry, log }) }
}

test('a veto that somebody forgot is mentioned every hour, not more often', () => {
  const veto = { annotations: { 'nodemend.dev/veto': 'kim' } }
  const node = givenNode('a', veto, givenCondition('KernelReady', 'False', { seenAt: noon + 100 * hour }))
  const snapshot = givenSnapshot({ nodes: [node, givenNode('spare')] })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 59 }), fc.integer({ min: 1, max: 6 }), (everyMinutes, hours) => {
      const { told, reporter } = given()
      for (let at = noon; at < noon + hours * hour; at += everyMinutes * minute) {
        reporter.pass(snapshot, decide(snapshot, [givenPolicy()], [], at), [], 0, at)
      }
      const vetoed = told.filter((one) => one.reason === 'RepairVetoed').length
      const passesPerHour = Math.ceil(60 / everyMinutes)
      const passes = Math.ceil((hours * 60) / everyMinutes)
      assert.equal(vetoed, Math.ceil(passes / passesPerHour))
    }),
  )
})

test('a stamp more than a minute ahead of our clock is a wrong clock', () => {
  fc.assert(
    fc.property(fc.integer({ min: -180, max: 180 }), (seconds) => {
      const lastTransitionTime = new Date(noon + seconds * 1_000).toISOString()
      const node = givenNode('a', {}, givenCondition('KernelReady', 'True', { lastTransitionTime }))
      const { registry, reporter } = given()
      reporter.pass(givenSnapshot({ nodes: [node] }), [], [], 0, noon)
      assert.match(registry.render('text'), new RegExp(`^nodemend_clock_skewed_nodes ${seconds > 60 ? 1 : 0}$`, 'm'))
    }),
  )
})

test('Words: a broken watch names what cannot be watched; a history that is gone is no error', () => {
  const lines: string[] = []
  const to = (level: string) => (msg: string) => void lines.push(`${level} ${msg}`)
  const log = { ...silentLog, info: to('info'), error: to('error') }
  const { registry, reporter } = given(log)
  const call = 'watch nodes'
  reporter.unwatched(nodes, new KubeError('NM_KUBE_FORBIDDEN', 'forbidden', { call }))
  reporter.unwatched(nodes, new KubeError('NM_KUBE_EXPIRED', 'too old resource version', { call }))
  assert.deepEqual(lines, [
    'error cannot watch nodes',
    'info the API server no longer has the history of nodes: they are listed anew',
  ])
  assert.match(registry.render('text'), /^nodemend_controller_errors_total\{during="watching"\} 1$/m)
})

test('counters of what the policies in force can lead to begin at 0: increase() sees nothing of a series that begins at 1', () => {
  const { registry, reporter } = given()
  const policy = givenPolicy({ ladder: [{ action: 'Reboot', attempts: 1 }] })
  reporter.policies({ policies: [policy], errors: [], readable: [policy], names: new Set([policy.name]) }, [])
  const condition = policy.match[0]?.condition
  const page = registry.render('text')
  for (const outcome of ['Succeeded', 'Failed', 'Cancelled']) {
    assert.match(
      page,
      new RegExp(`^nodemend_repairs_total\\{outcome="${outcome}",condition="${condition}",action="Reboot"\\} 0$`, 'm'),
    )
  }
  assert.match(page, /^nodemend_controller_errors_total\{during="watching"\} 0$/m)
})
