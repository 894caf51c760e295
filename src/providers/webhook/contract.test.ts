import { type Api, type KubeObject, nodes } from '../../kube/api.ts'
import { createObject, deleteObject, patchObject } from '../../kube/objects.ts'
import type { SteppedClock } from '../../telemetry/clock.ts'
import { providersNamed } from '../providers.ts'
import { type ContractCase, type ContractSite, providerContract } from '../testing/contract.ts'
import { swapNode } from '../testing/nodes.ts'
import { secret, type TestService, testService } from './testing/service.ts'

const labels = { 'nodemend.dev/webhook-pool': 'racks' }

/** Each world has one service, which outlives the programs that ask it. */
const services = new WeakMap<SteppedClock, TestService>()

function serviceOf(clock: SteppedClock): TestService {
  const known = services.get(clock)
  if (known) return known
  const made = testService(() => clock.now())
  services.set(clock, made)
  return made
}

const make: ContractCase['make'] = ({ api, through }, clock) => {
  const { send } = serviceOf(clock)
  const settings = {
    url: 'https://machines.example/nodemend',
    secret: () => secret,
    send: (request: Parameters<typeof send>[0]) =>
      through({ name: request.method, writes: request.method === 'PUT', timeoutMs: request.timeoutMs }, () =>
        send(request),
      ),
  }
  const [provider] = providersNamed(['webhook'], { api, clock, webhook: settings })
  if (!provider) throw new TypeError('the table names it')
  return provider
}

async function site(api: Api, clock: SteppedClock): Promise<ContractSite> {
  const status = { nodeInfo: { bootID: 'boot-1' } }
  const node = await createObject<KubeObject>(api, nodes, { metadata: { name: 'a', labels } } as KubeObject)
  await patchObject(api, nodes, { name: 'a' }, { status }, { type: 'merge', subresource: 'status' })
  const service = serviceOf(clock)
  return {
    node: { name: 'a', uid: node.metadata.uid ?? '', labels, bootId: 'boot-1' },
    effects: async () => service.operations.size,
    async finish() {
      service.tell({ state: 'done' })
      const [wanted] = service.operations.values()
      if (wanted?.action === 'Replace') return deleteObject(api, nodes, { name: 'a' })
      const booted = { status: { nodeInfo: { bootID: 'boot-2' } } }
      await patchObject(api, nodes, { name: 'a' }, booted, { type: 'merge', subresource: 'status' })
    },
    swap: () => swapNode(api, node),
  }
}

providerContract({ name: 'webhook', action: 'Replace', traceable: true, make, site })
providerContract({ name: 'webhook', action: 'Reboot', traceable: false, make, site })
providerContract({ name: 'webhook', action: 'PowerCycle', traceable: false, make, site })
