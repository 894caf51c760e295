/** A management cluster with one machine, and the provider over it. */
import { startEmbedded } from '../../../embedded/server.ts'
import type { Api } from '../../../kube/api.ts'
import { connectTo } from '../../../kube/connect.ts'
import { getObject, patchObject } from '../../../kube/objects.ts'
import type { NodeView } from '../../../model/node.ts'
import { SteppedClock, seededRandom } from '../../../telemetry/clock.ts'
import type { Operation, Provider, TargetAnswer } from '../../provider.ts'
import { providerOf } from '../../providers.ts'
import { type Machine, machines, type VersionedKind } from '../objects.ts'
import { clusterApi } from '../provider.ts'
import { machine, namespace, type OwnedBy, owners, poolLabels } from './cluster.ts'
import { clusterApiDefinitions } from './definitions.ts'

export const version = 'v1beta2'

export async function given(t: { after(run: () => Promise<void>): void }, kind: OwnedBy = 'MachineSet') {
  const clock = new SteppedClock()
  const random = seededRandom(1)
  const embedded = await startEmbedded({ clock, random, crds: clusterApiDefinitions(version) })
  const api = connectTo({ server: embedded.url, token: () => embedded.token }, { clock, random })
  t.after(async () => {
    api.close()
    await embedded.stop()
  })
  const namespaces = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }
  await api.request({ verb: 'create', resource: namespaces, body: { metadata: { name: namespace } } })
  const owner = await owners(api, version, kind)
  const { node, machine: made } = await machine(api, version, 'a', { owner, kind })
  const provider = providerOf('cluster-api', clusterApi, { api, clock })
  const view = { name: 'a', uid: node.metadata.uid ?? '', labels: poolLabels } as unknown as NodeView // only these are read
  return { api, clock, provider, owner, view, made, kind }
}

export type Given = Awaited<ReturnType<typeof given>>

export async function operationOn({ api, clock, view }: Given): Promise<Operation> {
  const { metadata } = await getObject<Machine>(api, machines(version), { name: 'a', namespace })
  return {
    id: 'repair-1',
    action: 'Replace',
    nodeName: 'a',
    nodeUid: view.uid,
    nodeLabels: poolLabels,
    target: { kind: 'Machine', namespace, name: 'a', uid: metadata.uid ?? '' },
    committedAt: clock.now(),
    displacingSince: clock.now(),
    taken: new Set(),
  }
}

export const whyOf = (answer: TargetAnswer): string => (answer.kind === 'refused' ? answer.why : 'found')
export const ask = async ({ provider, view }: { provider: Provider; view: NodeView }): Promise<string> =>
  whyOf(await provider.target(view, 'Replace'))

export const change = (api: Api, kind: VersionedKind, name: string, patch: object, subresource?: string) =>
  patchObject<Machine>(api, kind(version), { name, namespace }, patch, {
    type: 'merge',
    ...(subresource !== undefined && { subresource }),
  })
export const annotate = (api: Api, kind: VersionedKind, name: string, key: string, value = '') =>
  change(api, kind, name, { metadata: { annotations: { [key]: value } } })

export const stored = (api: Api) => getObject<Machine>(api, machines(version), { name: 'a', namespace })
