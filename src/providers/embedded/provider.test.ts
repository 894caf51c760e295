import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startModels } from '../../embedded/model/models.ts'
import { nodeGroupLabel } from '../../embedded/model/node-group.ts'
import { startEmbedded } from '../../embedded/server.ts'
import { type KubeObject, nodes } from '../../kube/api.ts'
import { connectTo } from '../../kube/connect.ts'
import { listObjects } from '../../kube/objects.ts'
import type { NodeView } from '../../model/node.ts'
import { SteppedClock, seededRandom } from '../../telemetry/clock.ts'
import type { Operation } from '../provider.ts'
import { providersNamed } from '../providers.ts'

test('deletes the node once, and finds the one that the group starts instead', async (t) => {
  const clock = new SteppedClock()
  const random = seededRandom(1)
  const embedded = await startEmbedded({ clock, random })
  const models = startModels(embedded.cluster, { groups: [{ name: 'pool', size: 2, replaceMs: 3_000 }] })
  const api = connectTo({ server: embedded.url, token: () => embedded.token }, { clock, random })
  t.after(async () => {
    models.stop()
    api.close()
    await embedded.stop()
  })
  await clock.advance(10_000)
  const [provider] = providersNamed(['embedded'], { api, clock })
  assert.ok(provider)
  const list = async () => (await listObjects<KubeObject>(api, nodes)).items.map((one) => one.metadata)
  const [old] = await list()
  assert.ok(old?.name && old.uid && old.labels)
  assert.equal(provider.poolOf({ labels: old.labels }), 'pool')
  const operation: Operation = {
    id: 'repair-1',
    action: 'Replace',
    nodeName: old.name,
    nodeUid: old.uid,
    nodeLabels: { [nodeGroupLabel]: 'pool' },
    target: { kind: 'Node', name: old.name, uid: old.uid },
    committedAt: clock.now(),
    displacingSince: clock.now(),
    taken: new Set(),
  }
  assert.equal((await provider.look(operation)).state, 'not-started')
  await provider.begin({ ...operation, target: { ...operation.target, uid: 'other' } }, 5_000)
  assert.equal(
    (await provider.look(operation)).state,
    'not-started',
    'another object of that name is not ours to delete',
  )
  await provider.begin(operation, 5_000)
  await provider.begin(operation, 5_000)
  const gone = await provider.look(operation)
  assert.equal(gone.state === 'gone' && gone.successor.kind, 'awaited')
  await clock.advance(4_000)
  const found = await provider.look(operation)
  assert.equal(found.state === 'gone' && found.successor.kind, 'found')
  assert.equal((await list()).length, 2)
})

test('L13: the Node of a machine that is not modelled is refused, unless the controller was told otherwise', async () => {
  const node = {
    name: 'a',
    uid: 'uid-a',
    labels: { [nodeGroupLabel]: 'pool' },
    providerId: 'aws:///i-1',
  } as unknown as NodeView // only these are read
  const never = (): never => {
    throw new Error('nothing is called here')
  }
  const parts = {
    api: { server: 'none', close: () => undefined, request: never, stream: never },
    clock: new SteppedClock(),
  }
  const [strict] = providersNamed(['embedded'], parts)
  const answer = await strict?.target(node, 'Replace')
  assert.ok(answer?.kind === 'refused')
  assert.match(answer.why, /a is none \(its providerID is "aws:\/\/\/i-1"\)/)
  assert.match(answer.change, /--allow-embedded-on-a-real-cluster/)
  const [forced] = providersNamed(['embedded'], { ...parts, embedded: { anyNode: true } })
  assert.equal((await forced?.target(node, 'Replace'))?.kind, 'found')
  assert.equal((await forced?.target(node, 'Reboot'))?.kind, 'refused', 'a boot of a real machine cannot be modelled')
  assert.equal((await strict?.target({ ...node, providerId: 'embedded://pool/1' }, 'Replace'))?.kind, 'found')
})
