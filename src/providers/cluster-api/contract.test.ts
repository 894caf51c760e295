import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Api, nodes } from '../../kube/api.ts'
import { createObject, deleteObject, listObjects } from '../../kube/objects.ts'
import { resourceText } from '../../kube/rights/right.ts'
import { providersNamed } from '../providers.ts'
import { type ContractCase, type ContractSite, providerContract } from '../testing/contract.ts'
import { conditionOf, failedCheck } from './judge.ts'
import { type Machine, machines, type Version } from './objects.ts'
import { clusterApi } from './provider.ts'
import {
  endangered,
  letGo,
  machine,
  namespace,
  type OwnedBy,
  owners,
  poolLabels,
  replaceMarked,
} from './testing/cluster.ts'
import { clusterApiDefinitions } from './testing/definitions.ts'

const make: ContractCase['make'] = ({ api }, clock) => {
  const [provider] = providersNamed(['cluster-api'], { api, clock })
  if (!provider) throw new TypeError('the table names it')
  return provider
}

function siteOf(version: Version, kind: OwnedBy) {
  return async (api: Api): Promise<ContractSite> => {
    await createObject(api, namespaces, { metadata: { name: namespace } })
    const owner = await owners(api, version, kind)
    const made = await machine(api, version, 'a', { owner, kind })
    await machine(api, version, 'b', { owner, kind })
    const { uid = '' } = made.node.metadata
    let gone = 0
    return {
      node: { name: 'a', uid, labels: poolLabels },
      effects: async () => gone + (await endangered(api, version)),
      async finish() {
        await replaceMarked(api, version, 'a')
        gone = 1
      },
      async swap() {
        await letGo(api, version, 'a')
        await deleteObject(api, machines(version), { name: 'a', namespace })
        await deleteObject(api, nodes, { name: 'a' })
        await machine(api, version, 'a', { owner, kind })
      },
      ...(kind !== 'MachinePool' && { leftovers: () => failedChecks(api, version) }),
    }
  }
}

const namespaces = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }

async function failedChecks(api: Api, version: Version): Promise<number> {
  const { items } = await listObjects<Machine>(api, machines(version), { namespace })
  const alive = items.filter((one) => one.metadata.deletionTimestamp === undefined)
  return alive.filter((one) => conditionOf(one, failedCheck)?.status === 'False').length
}

/** What only a machine of another owner takes. */
const spared: Readonly<Record<OwnedBy, readonly string[]>> = {
  MachineSet: ['kubeadmcontrolplanes', 'machines patch,delete'],
  KubeadmControlPlane: ['machinesets', 'machinedeployments', 'machines patch,delete'],
  MachinePool: ['kubeadmcontrolplanes', 'machinesets', 'machinedeployments', 'machines/status'],
}

function rightsFor(kind: OwnedBy) {
  return clusterApi.rights.filter((right) => {
    const text = resourceText(right)
    return !spared[kind].some((one) => one === text || one === `${text} ${right.verbs.join()}`)
  })
}

for (const version of ['v1beta2', 'v1beta1'] as const) {
  for (const kind of ['MachineSet', 'KubeadmControlPlane', 'MachinePool'] as const) {
    providerContract({
      name: `cluster-api ${version} ${kind}`,
      action: 'Replace',
      traceable: true,
      rights: rightsFor(kind),
      definitions: clusterApiDefinitions(version),
      make,
      site: siteOf(version, kind),
    })
  }
}

test('every right of the table is one that a machine of some owner takes', () => {
  const used = new Set((['MachineSet', 'KubeadmControlPlane', 'MachinePool'] as const).flatMap(rightsFor))
  assert.deepEqual([...used].length, clusterApi.rights.length)
})
