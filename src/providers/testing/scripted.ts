/**
 * A provider of tests: a cloud whose reboot leaves no trace until the machine is back. Its call is a write that changes
 * nothing about the Node object, and `finishBoot` is the machine that comes back.
 */
import { type Api, type KubeObject, leases, nodes } from '../../kube/api.ts'
import { createObject, listObjects, patchObject } from '../../kube/objects.ts'
import { rightOn } from '../../kube/rights/right.ts'
import { onlyAction } from '../only-action.ts'
import type { ProviderKind } from '../provider.ts'
import { lookForBoot } from '../reboot.ts'
import { orUnknown } from '../successor.ts'

const namespace = 'default'
const prefix = 'reboot-'

export const scripted: ProviderKind = {
  can: ['Reboot'],
  poolLabel: 'nodemend.dev/node-group',
  says: 'tests',
  rights: [
    rightOn(nodes, ['get', 'list'], 'no machine is seen to come back'),
    rightOn(leases, ['create'], 'no machine is rebooted', { namespace }),
  ],
  make: ({ api }) => ({
    async target({ name, uid }) {
      return { kind: 'found', target: { kind: 'Machine', name, uid } }
    },
    look: (operation) => orUnknown(() => lookForBoot(api, operation)),
    async begin(operation, timeoutMs) {
      onlyAction(operation, 'Reboot')
      const { items } = await listObjects<KubeObject>(api, nodes)
      if (!items.some((one) => one.metadata.uid === operation.target.uid)) throw new Error('no such machine')
      const name = `${prefix}${operation.id}-${items.length}`
      await createObject<KubeObject>(api, leases, { metadata: { name, namespace } }, { timeoutMs })
    },
  }),
}

/** The calls that reached the cloud. */
export async function callsToCloud(api: Api): Promise<number> {
  const { items } = await listObjects<KubeObject>(api, leases, { namespace })
  return items.filter((one) => one.metadata.name?.startsWith(prefix)).length
}

/** The machine is back. */
export async function finishBoot(api: Api, name: string): Promise<void> {
  const patch = { status: { nodeInfo: { bootID: 'booted-anew' } } }
  await patchObject(api, nodes, { name }, patch, { type: 'merge', subresource: 'status' })
}
