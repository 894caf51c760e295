/** Drills on a real node, by Jobs, under the chart's default rights. The kernel log is this machine's: few lines are written. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, type TestContext, test } from 'node:test'
import { injections } from '../../src/drill/injections/injections.ts'
import { usualImage } from '../../src/drill/run/job.ts'
import { readReport } from '../../src/drill/score/read.ts'
import { systemClock } from '../../src/telemetry/clock.ts'
import { eventually } from '../cluster/wait.ts'
import { GPU, xidLine } from '../journey/guide.ts'
import { canStart } from '../journey/scene.ts'
import { ended, NAMESPACE, NODE, type Scene, startScene } from './scene.ts'

const HOLD_SECONDS = 15
const on = [`--namespace=${NAMESPACE}`, `--node=${NODE}`]
const CONDITION = 'KernelReady'
const FATAL = 'HardLockup'

describe('drills on a real node', () => {
  let starting: Promise<Scene> | undefined
  const begin = async (t: TestContext): Promise<Scene | undefined> => {
    if (!(await canStart(t))) return undefined
    starting ??= startScene()
    return starting
  }
  after(async () => (await starting)?.stop())

  const statusOf = async ({ kubectl }: Scene): Promise<string> =>
    kubectl('get', 'node', NODE, '-o', `jsonpath={.status.conditions[?(@.type=="${CONDITION}")].status}`)
  const jobs = ({ kubectl }: Scene): Promise<string> =>
    kubectl('get', 'jobs', '--namespace', NAMESPACE, '-l', 'app.kubernetes.io/component=drill', '-o', 'name')
  const pods = ({ kubectl }: Scene): Promise<string> =>
    kubectl(
      'get',
      'pods',
      '--namespace',
      NAMESPACE,
      '-l',
      'app.kubernetes.io/component=drill',
      '--field-selector=status.phase=Running',
      '-o',
      'name',
    )

  test('a handful of reasons is found, right, told and cleaned up', async (t) => {
    const scene = await begin(t)
    if (!scene) return
    const reasons = ['SoftLockup', FATAL, 'NvidiaXID31Warning', 'FilesystemReadOnly', 'CgroupPidLimit']
    const { code, out, err } = await scene.drill('run', ...reasons, ...on, '--output=json')
    assert.equal(code, 0, out + err)
    const read = readReport(out)
    assert.ok('report' in read)
    assert.deepEqual(
      read.report.drills.map(({ reason, passed }) => [reason, passed]),
      reasons.map((one) => [one, true]),
    )
    assert.equal(await jobs(scene), '')
    t.diagnostic(JSON.stringify(read.report.score))
  })

  test('the API server takes the Job of every injection, and what deploy/drills holds', async (t) => {
    const scene = await begin(t)
    if (!scene) return
    const root = join(import.meta.dirname, '..', '..')
    // Its namespace is not there; Chaos Mesh is not installed here.
    const jobs = join(scene.cluster.folder, 'jobs.yaml')
    writeFileSync(
      jobs,
      readFileSync(join(root, 'golden/drill/jobs.yaml'), 'utf8').replaceAll(
        'namespace: nodemend',
        `namespace: ${NAMESPACE}`,
      ),
    )
    const files = [
      jobs,
      ...['fault-drill', 'gpu-pod', 'gpu-list'].map((name) => join(root, `deploy/drills/${name}.yaml`)),
    ]
    const said = await scene.kubectl('apply', '--dry-run=server', ...files.map((file) => `--filename=${file}`))
    assert.equal(said.trim().split('\n').length, injections.length + 3)
  })

  test('a FaultDrill is run by the chart’s own program under its rights, and its status is the score', async (t) => {
    const scene = await begin(t)
    if (!scene) return
    await scene.cluster.admin.apply('/apis/nodemend.dev/v1alpha1/faultdrills/one', {
      apiVersion: 'nodemend.dev/v1alpha1',
      kind: 'FaultDrill',
      metadata: { name: 'one' },
      spec: { reason: 'SoftLockup' },
    })
    const get = ['get', 'faultdrill', 'one', '-o']
    await eventually(
      'its end',
      60_000,
      async () => (await scene.kubectl(...get, 'jsonpath={.status.phase}')) === 'Finished',
    )
    const { status } = JSON.parse(await scene.kubectl(...get, 'json'))
    assert.deepEqual([status.passed, status.nodeName], [true, NODE], JSON.stringify(status))
    t.diagnostic(await scene.kubectl('get', 'faultdrills'))
    assert.equal(await jobs(scene), '')
  })

  test('real faults in the drill’s own pod are found: memory and processes', async (t) => {
    const scene = await begin(t)
    if (!scene) return
    for (const args of [
      ['CgroupOOMKilling', '--injection=memory-pressure'],
      ['CgroupPidLimit', '--injection=pid-exhaustion'],
    ]) {
      const { code, out, err } = await scene.drill('run', ...args, ...on)
      assert.equal(code, 0, out + err)
      t.diagnostic(out)
    }
  })

  test('the kernel turns a file system of the drill’s pod read-only, and nothing of it is left', async (t) => {
    const scene = await begin(t)
    if (!scene) return
    const args = ['Ext4Error', '--injection=read-only-file-system', '--for=10s', ...on, '--output=json']
    const read = readReport((await scene.drill('run', ...args)).out)
    assert.ok('report' in read)
    const [drill] = read.report.drills
    // Whether its Event comes in time depends on earlier faults of the same loop device on this machine.
    const passed = drill?.stages.filter(({ verdict }) => verdict === 'passed').map(({ stage }) => stage)
    assert.ok(passed?.includes('injected') && passed.includes('cleaned'), JSON.stringify(drill))
    assert.match(await scene.node.run('dmesg'), new RegExp(`EXT4-fs error .*: ${drill?.id}`))
    assert.doesNotMatch(await scene.node.run('losetup', '--all'), /drill/)
  })

  test('the guide’s raw command is an unannounced drill, which drill watch scores', async (t) => {
    const scene = await begin(t)
    if (!scene) return
    const child = scene.begin('watch', '--for=20s', '--output=json')
    const watching = ended(child)
    await once(child.stderr ?? process.stdin, 'data') // it says that it watches
    const script = `echo '${xidLine(31)}' > /dev/kmsg`
    const overrides = `--overrides=${JSON.stringify({ spec: { nodeName: NODE } })}`
    await scene.kubectl(
      'run',
      'raw',
      '--privileged',
      '--restart=Never',
      `--image=${usualImage}`,
      overrides,
      '--',
      'sh',
      '-c',
      script,
    )
    const { out, err } = await watching
    const read = readReport(out)
    assert.ok('report' in read, err)
    // Other tests write into the same kernel log.
    const ours = read.report.drills.filter(({ stages }) => stages.some(({ what }) => what.includes(GPU)))
    assert.deepEqual(
      ours.map(({ injection, reason, passed }) => [injection, reason, passed]),
      [['by hand', 'NvidiaXID31Warning', true]],
      out,
    )
  })

  test('a drill whose terminal is killed ends by itself within its time', async (t) => {
    const scene = await begin(t)
    if (!scene) return
    const child = scene.begin('run', FATAL, ...on, '--mode=decide', '--hold', `--for=${HOLD_SECONDS}s`)
    const over = ended(child)
    await eventually('the condition to be False', 30_000, async () => (await statusOf(scene)) === 'False')
    const from = systemClock.monotonic()
    child.kill('SIGKILL')
    await over
    assert.notEqual(await pods(scene), '', 'nobody ended the pod')
    await eventually(
      'the condition to be True again',
      (HOLD_SECONDS + 10) * 1_000,
      async () => (await statusOf(scene)) === 'True',
    )
    await eventually('the pod to end', 10_000, async () => (await pods(scene)) === '')
    t.diagnostic(
      `gone ${Math.round((systemClock.monotonic() - from) / 100) / 10} s after the terminal, held for ${HOLD_SECONDS} s`,
    )
  })

  test('a drill whose pod is killed ends by the time in its mark', async (t) => {
    const scene = await begin(t)
    if (!scene) return
    const child = scene.begin('run', FATAL, ...on, '--mode=decide', '--hold', `--for=${HOLD_SECONDS}s`)
    const over = ended(child)
    await eventually('the condition to be False', 30_000, async () => (await statusOf(scene)) === 'False')
    child.kill('SIGKILL')
    await over
    const from = systemClock.monotonic()
    const script = await scene.node.run('pgrep', '--full', 'END_LINES')
    await scene.node.run('kill', '-KILL', ...script.trim().split('\n'))
    await eventually(
      'the condition to be True again',
      (HOLD_SECONDS + 10) * 1_000,
      async () => (await statusOf(scene)) === 'True',
    )
    t.diagnostic(
      `gone ${Math.round((systemClock.monotonic() - from) / 100) / 10} s after the pod, held for ${HOLD_SECONDS} s`,
    )
  })
})
