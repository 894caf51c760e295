import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Api, type KubeObject, leases, nodes } from '../../kube/api.ts'
import { createObject, listObjects } from '../../kube/objects.ts'
import type { SteppedClock } from '../../telemetry/clock.ts'
import { providersNamed } from '../providers.ts'
import { type ContractCase, type ContractSite, providerContract } from '../testing/contract.ts'
import { swapNode } from '../testing/nodes.ts'
import { leaseNamespace } from './lease.ts'
import { type Remediator, remediators } from './objects.ts'
import { medik8s } from './provider.ts'
import {
  boot,
  makeTemplate,
  namespace,
  openRequests,
  poolLabels,
  remediate,
  remediatorDefinitions,
} from './testing/remediator.ts'

const make: ContractCase['make'] = ({ api }, clock) => {
  const [provider] = providersNamed(['medik8s'], { api, clock })
  if (!provider) throw new TypeError('the table names it')
  return provider
}

const namespaces = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false }

function siteOf(remediator: Remediator) {
  return async (api: Api, clock: SteppedClock): Promise<ContractSite> => {
    for (const name of [namespace, leaseNamespace]) await createObject(api, namespaces, { metadata: { name } })
    await makeTemplate(api, remediator)
    const node = await createObject<KubeObject>(api, nodes, { metadata: { name: 'a', labels: poolLabels } })
    await boot(api, 'a', 'boot-1')
    await expiredLease(api, clock)
    let effects = 0
    return {
      node: { name: 'a', uid: node.metadata.uid ?? '', labels: poolLabels, bootId: 'boot-1' },
      effects: async () => effects + (await openRequests(api)).length,
      async finish() {
        await remediate(api, remediator, 'a')
        effects = remediator.action === 'Replace' ? 1 - (await openRequests(api)).length : 0
      },
      swap: () => swapNode(api, node),
      leftovers: async () => (await openRequests(api)).length + (await ourLeases(api)),
    }
  }
}

/** Somebody held the node some time ago. */
async function expiredLease(api: Api, clock: SteppedClock): Promise<void> {
  const renewTime = new Date(clock.now() - 3_600_000).toISOString().replace('Z', '000Z')
  const spec = { holderIdentity: 'node-healthcheck', leaseDurationSeconds: 60, renewTime, acquireTime: renewTime }
  await createObject(api, leases, { metadata: { name: 'node-a', namespace: leaseNamespace }, spec } as KubeObject)
}

async function ourLeases(api: Api): Promise<number> {
  const { items } = await listObjects<KubeObject & { spec?: { holderIdentity?: string } }>(api, leases, {
    namespace: leaseNamespace,
  })
  return items.filter((one) => one.spec?.holderIdentity === 'nodemend').length
}

/** Only the remediator whose template is there is asked. */
function rightsFor({ action, requests }: Remediator) {
  const others = remediators.filter((one) => one.action === action && one.requests.kind !== requests.kind)
  return medik8s.rights.filter(
    ({ group, verbs }) => !(verbs.includes('create') && others.some((one) => one.requests.group === group)),
  )
}

for (const remediator of remediators) {
  const { action, requests } = remediator
  providerContract({
    name: `medik8s ${requests.kind}`,
    action,
    traceable: action === 'Replace',
    rights: rightsFor(remediator),
    definitions: remediatorDefinitions(),
    make,
    site: siteOf(remediator),
  })
}

test('every right of the table is one that some remediator takes', () => {
  assert.equal(new Set(remediators.flatMap(rightsFor)).size, medik8s.rights.length)
})
