import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { compileShipped } from '../../../catalog/shipped.ts'
import { suggestionsOf } from '../../../catalog/suggestions.ts'
import type { Api, KubeObject } from '../../../kube/api.ts'
import type { DeviceIdentity } from '../../../model/node-health.ts'
import type { Operation } from '../../../providers/provider.ts'
import { SteppedClock } from '../../../telemetry/clock.ts'
import { givenNode, noon } from '../../testing/given.ts'
import type { PodObject } from '../drain/pod.ts'
import { OnNodePods } from '../on-node/pods.ts'
import { resetGpuActor } from './actor.ts'
import { holdsAccelerator } from './resetgpu.ts'

const clock = new SteppedClock(noon)
const never = (): never => assert.fail('nothing else is called')

function actorWith(devices: readonly DeviceIdentity[]) {
  const findings = devices.map((device) => ({ reason: 'NvidiaXID48Error', device }))
  const object = { metadata: {}, report: { findings } } as KubeObject
  const api: Api = {
    server: 'none',
    close: () => undefined,
    stream: never,
    request: <T>() => Promise.resolve(object as T),
  }
  const actor = resetGpuActor({ api, clock, onNode: new OnNodePods(api, clock, { namespace: 'n', image: 'agent' }) })
  assert.ok(actor)
  return actor
}

test('the target is every GPU of the reason, by the address of the kernel', async () => {
  const two = actorWith([
    { name: '0000:3B:00.0' },
    { name: 'GPU-2', pci: '0000:18:00.0', uuid: 'GPU-2' },
    { name: 'cpu3' },
  ])
  assert.deepEqual(await two.target(givenNode('a'), 'ResetGPU', 'NvidiaXID48Error'), {
    kind: 'found',
    target: { kind: 'GPU', name: '0000:18:00.0,0000:3b:00.0', uid: '' },
  })
  const none = await actorWith([{ name: 'cpu3' }]).target(givenNode('a'), 'ResetGPU', 'NvidiaXID48Error')
  assert.equal(none.kind === 'refused' && none.why, 'NodeHealth a names no GPU for NvidiaXID48Error')
})

test('what is no list of addresses, and another action, is rejected before a pod is made', async () => {
  const actor = actorWith([])
  const operation = (action: string, name: string) => ({ action, target: { kind: 'GPU', name, uid: '' } }) as Operation // no more is read
  await assert.rejects(actor.begin(operation('Reboot', '0000:3b:00.0'), 1), /cannot Reboot/)
  for (const name of ['', '0', '0000:3b:00.0,--all', 'GPU-1', '0000:3b:00.0 '])
    await assert.rejects(actor.begin(operation('ResetGPU', name), 1), /no list of PCI addresses/)
})

test('pods with an accelerator leave; those without stay', () => {
  const pod = (spec: PodObject['spec']): boolean => holdsAccelerator({ metadata: {}, ...(spec && { spec }) })
  assert.equal(pod({ containers: [{ resources: { limits: { 'nvidia.com/gpu': 1 } } }] }), true)
  assert.equal(pod({ containers: [{ resources: { limits: { 'nvidia.com/mig-1g.10gb': '1' } } }] }), true)
  assert.equal(pod({ initContainers: [{ resources: { requests: { 'nvidia.com/gpu.shared': '1' } } }] }), true)
  assert.equal(pod({ resourceClaims: [{ name: 'gpu' }] }), true)
  assert.equal(pod({ containers: [{ resources: { limits: { memory: '1Gi', 'example.com/nvidia': '1' } } }] }), false)
  assert.equal(pod(undefined), false)
})

test('the catalogue suggests a reset for what a reset can help, by the number of an Xid, too', () => {
  const suggestions = suggestionsOf(compileShipped(join(import.meta.dirname, '..', '..', '..', '..', 'catalog')))
  const remedy = (reason: string) => suggestions.get(reason)?.remedy
  assert.deepEqual(
    ['NvidiaGpuResetRequested', 'NvidiaXID48Error', 'NvidiaXID79Error', 'NvidiaRowRemapFailure'].map(remedy),
    ['ResetGPU', 'ResetGPU', 'Reboot', 'Replace'],
  )
})
