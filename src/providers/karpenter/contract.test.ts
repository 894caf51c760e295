import { type Api, type KubeObject, nodeClaims, nodes } from '../../kube/api.ts'
import { createObject, deleteObject, listObjects, patchObject } from '../../kube/objects.ts'
import { providersNamed } from '../providers.ts'
import { type ContractCase, type ContractSite, providerContract } from '../testing/contract.ts'
import { nodeClaimDefinition } from './testing/definition.ts'

const finalizers = ['karpenter.sh/termination']
const labels = { 'karpenter.sh/nodepool': 'gpu' }

const make: ContractCase['make'] = ({ api }, clock) => {
  const [provider] = providersNamed(['karpenter'], { api, clock })
  if (!provider) throw new TypeError('the table names it')
  return provider
}

async function machine(api: Api, name: string): Promise<KubeObject> {
  const status = { providerID: `aws:///${name}`, nodeName: name }
  const body: KubeObject = { metadata: { name, labels, finalizers } }
  const claim = await createObject<KubeObject>(api, nodeClaims, body)
  await patchObject(api, nodeClaims, { name }, { status }, { type: 'merge', subresource: 'status' })
  return claim
}

const letGo = (api: Api, name: string) =>
  patchObject(api, nodeClaims, { name }, { metadata: { finalizers: null } }, { type: 'merge' })

async function site(api: Api): Promise<ContractSite> {
  const claims = [await machine(api, 'a'), await machine(api, 'b')]
  const spec = { providerID: 'aws:///a' }
  const node = await createObject<KubeObject>(api, nodes, { metadata: { name: 'a', labels }, spec } as KubeObject)
  const { uid = '' } = node.metadata
  return {
    node: { name: 'a', uid, labels, providerId: spec.providerID },
    async effects() {
      const { items } = await listObjects<KubeObject>(api, nodeClaims)
      const alive = items.filter((one) => one.metadata.deletionTimestamp === undefined)
      return claims.filter((one) => !alive.some((other) => other.metadata.uid === one.metadata.uid)).length
    },
    async finish() {
      await letGo(api, 'a')
      await deleteObject(api, nodes, { name: 'a' })
    },
    async swap() {
      await letGo(api, 'a')
      await deleteObject(api, nodeClaims, { name: 'a' })
      await machine(api, 'a')
    },
  }
}

providerContract({
  name: 'karpenter',
  action: 'Replace',
  traceable: true,
  definitions: [nodeClaimDefinition],
  make,
  site,
})
