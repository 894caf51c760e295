/** The Jobs of all injections: what they may do, and that they end by themselves. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { checkGolden } from '../../../test/golden.ts'
import { drillModes } from '../../model/drill.ts'
import { type Drill, longestDrillMs, shortestDrillMs } from '../plan/drill.ts'
import type { Subject } from '../plan/subjects.ts'
import { drillJob, kubectlLine } from '../run/job.ts'
import { injections } from './injections.ts'
import { kernelLine } from './kernel-line.ts'

function subject(injection: string): Subject {
  const says = { entry: 'HardLockup', reason: 'HardLockup', summary: '-', condition: 'KernelReady' } as const
  const line = injection === kernelLine.name && { line: 'watchdog: Watchdog detected hard LOCKUP on cpu 3' }
  return { ...says, severity: 'fatal', scope: 'hardware', injection, times: 1, ...line }
}

const drill = (injection: string, over: Partial<Drill> = {}): Drill => ({
  id: 'd1',
  node: 'worker-1',
  mode: 'Observe',
  forMs: 60_000,
  subject: subject(injection),
  ...over,
})
const options = { namespace: 'nodemend', image: 'busybox:1.37.0' }

/** What a test reads of a Job. */
interface Job {
  readonly spec: {
    readonly activeDeadlineSeconds: number
    readonly ttlSecondsAfterFinished: number
    readonly backoffLimit: number
    readonly template: { readonly spec: PodSpec }
  }
}
interface PodSpec {
  readonly activeDeadlineSeconds: number
  readonly automountServiceAccountToken: boolean
  readonly restartPolicy: string
  readonly containers: readonly [
    { readonly command: readonly string[]; readonly env: readonly { readonly value: string }[] },
  ]
}
const jobOf = (injection: (typeof injections)[number], one: Drill): Job =>
  drillJob([one], injection, options) as unknown as Job // the same, read more closely

test('the Job of every injection', () => {
  const jobs = injections.map((one) =>
    stringify(drillJob([drill(one.name)], one, options), { lineWidth: 0, aliasDuplicateObjects: false }),
  )
  checkGolden('drill/jobs.yaml', jobs.join('---\n'))
  checkGolden('drill/kubectl.txt', `${kubectlLine(drill(kernelLine.name))}\n`)
})

test('every Job ends by itself, without a token, and runs a script that no drill changes', () => {
  const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,31}$/)
  const drills = fc.record({
    id,
    node: fc.string({ minLength: 1, maxLength: 63 }),
    mode: fc.constantFrom(...drillModes),
    forMs: fc.integer({ min: shortestDrillMs, max: longestDrillMs }),
  })
  fc.assert(
    fc.property(drills, fc.constantFrom(...injections), (over, injection) => {
      const { spec } = jobOf(injection, drill(injection.name, over))
      const pod = spec.template.spec
      const most = over.forMs / 1000 + 121
      assert.ok(spec.activeDeadlineSeconds <= most && pod.activeDeadlineSeconds <= most)
      assert.ok(spec.ttlSecondsAfterFinished <= 3_600 && spec.backoffLimit === 0)
      assert.equal(pod.automountServiceAccountToken, false)
      assert.equal(pod.restartPolicy, 'Never')
      assert.deepEqual(pod.containers[0].command, ['sh', '-c', injection.script])
      assert.ok(pod.containers[0].env.every(({ value }) => !/(?<!\$)\$\(/.test(value)))
    }),
  )
})

test('the shell takes every script for one, and the guide’s one-liner for the line that it holds', () => {
  for (const { name, script } of injections)
    assert.equal(spawnSync('sh', ['-n', '-c', script], { encoding: 'utf8' }).stderr, '', name)
  const line = 'it\'s "a" $(line) of `many` \\n %s'
  const hostile = drill(kernelLine.name, { subject: { ...subject(kernelLine.name), line } })
  const { stdout } = spawnSync('sh', ['-c', kubectlLine(hostile).replace(/^kubectl/, "printf '%s\\n'")], {
    encoding: 'utf8',
  })
  const script = stdout.trimEnd().split('\n').at(-1) ?? ''
  const said = spawnSync('sh', ['-c', script.replace('> /dev/kmsg', '')], { encoding: 'utf8' }).stdout
  assert.ok(said.startsWith(`<3>${line}`), said)
})

test('the script of lines writes them, ends them when it is told to, and ends by itself', () => {
  const log = spawnSync('mktemp', { encoding: 'utf8' }).stdout.trim()
  const script = kernelLine.script.replaceAll('/dev/kmsg', log).replaceAll(`> ${log}`, `>> ${log}`)
  const env = { ...process.env, HOLD: '0', BEGIN_LINES: 'a \\t %d\nb', END_LINES: 'c' }
  const { status } = spawnSync('sh', ['-c', script], { env, timeout: 10_000 })
  const { stdout } = spawnSync('sh', ['-c', `cat ${log}; rm ${log}`], { encoding: 'utf8' })
  assert.deepEqual([status, stdout], [0, '<3>a \\t %d\n<3>b\n<3>c\n'])
})
