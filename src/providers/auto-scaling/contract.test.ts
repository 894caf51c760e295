import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { createObject, deleteObject, patchObject } from '../../kube/objects.ts'
import type { SteppedClock } from '../../telemetry/clock.ts'
import { ModelCloud } from '../eks/testing/cloud.ts'
import { providersNamed } from '../providers.ts'
import { type ContractCase, type ContractSite, providerContract } from '../testing/contract.ts'
import { swapNode } from '../testing/nodes.ts'

const labels = { 'nodemend.dev/auto-scaling-group': 'racks' }
const id = 'i-0123456789abcdef0'
const providerId = `aws:///eu-west-1a/${id}`

/** Each world has one cloud, which outlives the programs that ask it. */
const clouds = new WeakMap<SteppedClock, ModelCloud>()

function cloudOf(clock: SteppedClock): ModelCloud {
  const known = clouds.get(clock)
  if (known) return known
  const made = new ModelCloud([id, 'i-0123456789abcdef1'], 4)
  clouds.set(clock, made)
  return made
}

const make: ContractCase['make'] = ({ api, through }, clock) => {
  const settings = { cloud: cloudOf(clock).cloud(through), replaceFirst: false }
  const [provider] = providersNamed(['auto-scaling'], { api, clock, autoScaling: settings })
  if (!provider) throw new TypeError('the table names it')
  return provider
}

async function site(api: Api, clock: SteppedClock): Promise<ContractSite> {
  const spec = { providerID: providerId }
  const status = { nodeInfo: { bootID: 'boot-1' } }
  const node = await createObject<KubeObject>(api, nodes, { metadata: { name: 'a', labels }, spec } as KubeObject)
  await patchObject(api, nodes, { name: 'a' }, { status }, { type: 'merge', subresource: 'status' })
  const cloud = cloudOf(clock)
  return {
    node: { name: 'a', uid: node.metadata.uid ?? '', labels, providerId, bootId: 'boot-1' },
    effects: async () => cloud.changes.length,
    async finish() {
      cloud.finish()
      if (cloud.machine(id).state === 'terminated') return deleteObject(api, nodes, { name: 'a' })
      const booted = { status: { nodeInfo: { bootID: 'boot-2' } } }
      await patchObject(api, nodes, { name: 'a' }, booted, { type: 'merge', subresource: 'status' })
    },
    swap: () => swapNode(api, node),
  }
}

providerContract({ name: 'auto-scaling', action: 'Replace', traceable: true, make, site })
providerContract({ name: 'auto-scaling', action: 'Reboot', traceable: false, make, site })
