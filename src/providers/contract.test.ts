/** The contract over a provider of tests, whose call leaves no trace at all until the machine is back. */
import type { Api } from '../kube/api.ts'
import { providerOf } from './providers.ts'
import { providerContract } from './testing/contract.ts'
import { listNodes, siteNode, swapNode } from './testing/nodes.ts'
import { callsToCloud, finishBoot, scripted } from './testing/scripted.ts'

async function site(api: Api) {
  const [node] = await listNodes(api)
  if (!node) throw new TypeError('the model starts two machines')
  return {
    node: siteNode(node),
    effects: () => callsToCloud(api),
    finish: () => finishBoot(api, node.metadata.name ?? ''),
    swap: () => swapNode(api, node),
  }
}

providerContract({
  name: 'scripted',
  action: 'Reboot',
  traceable: false,
  rights: scripted.rights,
  make: ({ api }, clock) => providerOf('scripted', scripted, { api, clock }),
  site,
})
