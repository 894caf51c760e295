import type { Api } from '../../kube/api.ts'
import type { SteppedClock } from '../../telemetry/clock.ts'
import { providersNamed } from '../providers.ts'
import { type ContractCase, providerContract } from '../testing/contract.ts'
import { listNodes, siteNode, swapNode } from '../testing/nodes.ts'

const make: ContractCase['make'] = ({ api }, clock) => {
  const [provider] = providersNamed(['embedded'], { api, clock })
  if (!provider) throw new TypeError('the table names it')
  return provider
}

async function site(api: Api, clock: SteppedClock) {
  const before = await listNodes(api)
  const [node] = before
  if (!node) throw new TypeError('the model starts two machines')
  const bootOf = new Map(before.map((one) => [one.metadata.uid, one.status?.nodeInfo?.bootID]))
  return {
    node: siteNode(node),
    async effects() {
      const now = await listNodes(api)
      const booted = now.filter(({ metadata: { uid }, status }) => {
        return bootOf.has(uid) && status?.nodeInfo?.bootID !== bootOf.get(uid)
      })
      const gone = before.filter(({ metadata: { uid } }) => !now.some((one) => one.metadata.uid === uid))
      return booted.length + gone.length
    },
    finish: () => clock.advance(5_000),
    swap: () => swapNode(api, node),
  }
}

providerContract({ name: 'embedded', action: 'Replace', traceable: true, make, site })
providerContract({ name: 'embedded', action: 'Reboot', traceable: false, make, site })
