import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SteppedClock } from './clock.ts'
import { Registry } from './exposition.ts'
import { createLog } from './log.ts'

test('log lines carry the guide’s keys in the guide’s form', () => {
  const lines: string[] = []
  const clock = new SteppedClock(Date.parse('2025-12-24T01:53:06Z'))
  const log = createLog({ clock, hostname: 'worker-1', write: (line) => lines.push(line) })
  log.with({ monitor: 'kernel' }).info('reported node conditions', { error: new Error('why') })
  log.debug('not at this level')
  assert.deepEqual(lines, [
    '{"level":"info","ts":"2025-12-24T01:53:06.000Z","msg":"reported node conditions","hostname":"worker-1","monitor":"kernel","error":"why"}\n',
  ])
})

test('known series are 0 until they are counted, and then themselves', () => {
  const registry = new Registry()
  const known = () => [{ kind: 'a' }, { kind: 'b' }]
  const metric = registry.counter({ name: 'a_total', help: 'A.', known })
  const samples = () =>
    registry
      .render()
      .split('\n')
      .filter((line) => line.startsWith('a_total'))
  assert.deepEqual(samples(), ['a_total{kind="a"} 0', 'a_total{kind="b"} 0'])
  metric.add({ kind: 'b' })
  metric.add({ kind: 'c' })
  assert.deepEqual(samples(), ['a_total{kind="a"} 0', 'a_total{kind="b"} 1', 'a_total{kind="c"} 1'])
})

test('an error is its code and its message, the code once', () => {
  const lines: string[] = []
  const log = createLog({ clock: new SteppedClock(), hostname: 'worker-1', write: (line) => lines.push(line) })
  log.error('a', { error: Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }) })
  log.error('b', { error: Object.assign(new Error('refused'), { code: 'NM_KUBE_NETWORK' }) })
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { readonly error: string }).error),
    ['ENOSPC: no space left on device, write', 'NM_KUBE_NETWORK: refused'],
  )
})

test('metrics in the text exposition format, labels escaped, buckets cumulative', () => {
  const registry = new Registry()
  registry.counter({ name: 'a_total', help: 'A \\ thing.' }).add({ reason: 'x"y\n' })
  registry.gauge({ name: 'b', help: 'B.' }).set(1.5)
  const seconds = registry.histogram({ name: 'c_seconds', help: 'C.', buckets: [0.1, 1] })
  for (const value of [0.05, 0.5, 5]) seconds.observe(value)
  assert.equal(
    registry.render(),
    [
      '# HELP a_total A \\\\ thing.',
      '# TYPE a_total counter',
      'a_total{reason="x\\"y\\n"} 1',
      '# HELP b B.',
      '# TYPE b gauge',
      'b 1.5',
      '# HELP c_seconds C.',
      '# TYPE c_seconds histogram',
      'c_seconds_bucket{le="0.1"} 1',
      'c_seconds_bucket{le="1"} 2',
      'c_seconds_bucket{le="+Inf"} 3',
      'c_seconds_sum 5.55',
      'c_seconds_count 3',
      '',
    ].join('\n'),
  )
})

test('a metric is one place: its name cannot be taken twice', () => {
  const registry = new Registry()
  registry.gauge({ name: 'a', help: 'A.' })
  assert.throws(() => registry.gauge({ name: 'a', help: 'A.' }), /exists/)
})
