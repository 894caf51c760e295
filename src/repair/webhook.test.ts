/** The webhook provider in a whole world: its service deletes the Node, or boots the machine. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodes } from '../kube/api.ts'
import { deleteObject, patchObject } from '../kube/objects.ts'
import type { Send } from '../providers/webhook/protocol.ts'
import { secret, testService } from '../providers/webhook/testing/service.ts'
import { quickPolicy, startTestCluster } from './testing/test-cluster.ts'

const labels = { 'nodemend.dev/webhook-pool': 'racks' }

async function given(t: { after(run: () => Promise<void>): void }, spec: object) {
  const cluster = await startTestCluster({ groups: [{ name: 'pool', size: 3, replaceMs: 2_000, labels }] })
  t.after(() => cluster.stop())
  const service = testService(() => cluster.clock.now())
  const send: Send = async (request) => {
    const before = service.operations.size
    const answer = await service.send(request)
    const wanted = [...service.operations.values()].at(-1)
    if (service.operations.size > before && wanted) await carryOut(wanted)
    return answer
  }
  const carryOut = async ({ action, node: { name } }: { action: string; node: { name: string } }): Promise<void> => {
    if (action === 'Replace') return deleteObject(cluster.api, nodes, { name })
    const status = { nodeInfo: { bootID: 'anew' } }
    await patchObject(cluster.api, nodes, { name }, { status }, { type: 'strategic', subresource: 'status' })
    await cluster.run(1) // what is said in the second of the boot may be from before it
    for (const type of ['Ready', 'KernelReady']) await cluster.setCondition(name, type, 'True')
  }
  await cluster.policy('kernel', { ...quickPolicy, ...spec })
  const webhook = { url: 'https://machines.example', secret: () => secret, send }
  const half = await cluster.half('a', { providers: ['webhook'], webhook })
  const [sick] = await cluster.nodes()
  const name = sick?.metadata.name ?? ''
  await cluster.setCondition(name, 'KernelReady', 'False')
  const repaired = await cluster.until('it is repaired', 180, [half], async () => {
    return (await cluster.repairs()).find(({ phase }) => phase === 'Succeeded')
  })
  return { cluster, name, repaired, wanted: [...service.operations] }
}

test('a sick node is replaced by the service, once, and the new one of the pool proves it', async (t) => {
  const { cluster, name, repaired, wanted } = await given(t, {})
  assert.equal(wanted.length, 1)
  const [[id, { action, node }] = ['', { action: '', node: undefined }]] = wanted
  assert.match(id, new RegExp(`^${repaired.name}\\.\\d{13}$`))
  assert.deepEqual([action, node?.name, node?.labels['nodemend.dev/webhook-pool']], ['Replace', name, 'racks'])
  const left = (await cluster.nodes()).map((one) => one.metadata.name)
  assert.equal(left.length, 3)
  assert.ok(!left.includes(name) && left.includes(repaired.successor?.name))
})

test('a sick node is rebooted by the service, and proves itself after its boot', async (t) => {
  const { name, repaired, wanted } = await given(t, { action: 'Reboot' })
  assert.deepEqual(
    wanted.map(([, { action }]) => action),
    ['Reboot'],
  )
  assert.equal(repaired.successor?.name, name)
})
