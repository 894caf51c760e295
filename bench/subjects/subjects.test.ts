import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadCatalogue } from '../../src/catalog/load.ts'
import type { NodeCondition } from '../../src/model/condition.ts'
import { nma } from './nma.ts'
import { nodemend, rulePack } from './nodemend.ts'
import { npd } from './npd.ts'
import { sideBySide } from './side-by-side.ts'
import type { Place, Subject } from './subject.ts'

const condition = (type: string, status: NodeCondition['status'], reason: string): NodeCondition => ({
  type,
  status,
  reason,
  message: '',
  lastTransitionTime: '',
})

test('our faults are rules that the catalogue accepts, and end by a line', () => {
  const [pack] = loadCatalogue([{ file: 'bench.yaml', text: rulePack() }])
  assert.ok(pack && pack.rules.length === 2 * pack.reasons.length)
  const fault = nodemend('agent.cjs').fault(0)
  const sick = [condition('KernelReady', 'False', 'BenchKernelFault')]
  assert.ok(fault.shows(sick))
  assert.ok(!fault.recovery?.shows(sick))
  assert.ok(fault.recovery?.shows([condition('KernelReady', 'True', 'KernelIsReady')]))
})

test('nma gets a host tree with a Neuron device and the kind it controls; its faults take turns', (t) => {
  const place = placeFor(t)
  const subject = nma('/bin/nma')
  const { env, args } = subject.launch(place)
  assert.match(readFileSync(join(env?.HOST_ROOT ?? '', 'proc/bus/pci/devices'), 'utf8'), /neuron/)
  const plain = subject.launch({ ...placeFor(t), faults: false }).env?.HOST_ROOT ?? ''
  assert.equal(readFileSync(join(plain, 'proc/bus/pci/devices'), 'utf8'), '')
  assert.ok(args.includes('--hostname-override=bench'))
  assert.deepEqual(
    subject.needs?.map(({ group, plural }) => `${plural}.${group}`),
    ['nodediagnostics.eks.amazonaws.com'],
  )
  const after = [condition('AcceleratedHardwareReady', 'False', 'NeuronHBMUncorrectableError')]
  assert.ok(!subject.fault(0).shows(after))
  assert.ok(subject.fault(1).shows(after))
  assert.match(subject.fault(1).line, / NEURON_HW_ERR=HBM_UNCORRECTABLE_ERROR /)
})

test('npd gets a kernel log monitor and the server of the kubeconfig; its faults take turns', (t) => {
  const place = placeFor(t)
  const subject = npd('/bin/npd')
  const { args } = subject.launch(place)
  assert.ok(args.includes(`--apiserver-override=https://127.0.0.1:1?inClusterConfig=false&auth=${place.kubeconfig}`))
  const config = args.find((arg) => arg.startsWith('--config.system-log-monitor='))?.split('=')[1] ?? ''
  assert.ok(existsSync(config))
  const monitor = JSON.parse(readFileSync(config, 'utf8')) as { rules: { reason: string; pattern: string }[] }
  const rule = monitor.rules.find(({ reason }) => reason === 'NodemendBenchEven')
  assert.match(subject.fault(1).line, new RegExp(rule?.pattern ?? 'no rule'))
  assert.ok(subject.fault(1).shows([condition('NodemendBenchFault', 'True', 'NodemendBenchEven')]))
  assert.ok(!subject.fault(2).shows([condition('NodemendBenchFault', 'True', 'NodemendBenchEven')]))
})

test('ours stands at the top of a result, the peers below it', async () => {
  const subjects = [nodemend('agent.cjs'), npd('/bin/npd')]
  const figures = await sideBySide(subjects, async ({ name }) => ({ rssMB: name.length }), assert.fail)
  assert.deepEqual(figures, { rssMB: 8, peers: { npd: { rssMB: 3 } } })
})

test('a peer that fails stands in the result with its reason; the others are measured', async () => {
  const subjects = [nodemend('agent.cjs'), nma('/bin/nma'), npd('/bin/npd')]
  const said: string[] = []
  const measure = async ({ name }: Subject) => {
    if (name === 'nma') throw new Error('NM_BENCH_ENDED: it has ended\nThe end of its log:\npanic: no matches')
    return { rssMB: name.length }
  }
  const figures = await sideBySide(subjects, measure, (line) => said.push(line))
  assert.deepEqual(figures, { rssMB: 8, peers: { nma: { failed: 'NM_BENCH_ENDED: it has ended' }, npd: { rssMB: 3 } } })
  assert.match(said.join(), /^nma is not measured: .*panic: no matches/s)
})

test('without our own figures there is no result', async () => {
  const fail = async () => {
    throw new Error('NM_BENCH_LATE: nothing came')
  }
  await assert.rejects(sideBySide([nodemend('agent.cjs'), npd('/bin/npd')], fail, assert.fail), /NM_BENCH_LATE/)
})

function placeFor(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-subjects-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, JSON.stringify({ clusters: [{ cluster: { server: 'https://127.0.0.1:1' } }] }))
  return { folder, kubeconfig, nodeName: 'bench', faults: true, ports: [1, 2, 3] }
}
