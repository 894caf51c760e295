/** `nodemend repair retry NODE`: what failed on a node and its lineage is forgiven, so that the next attempt need not wait. */
import { Command } from 'commander'
import { type Api, nodeRepairs } from '../../kube/api.ts'
import { patchObject } from '../../kube/objects.ts'
import { type Shown, shown } from '../../model/shown.ts'
import { forgivenKey } from '../../repair/attempt/codec.ts'
import { countedOn, historyOf } from '../../repair/decide/ladder.ts'
import type { ClusterFlags } from '../cluster/api.ts'
import { userOf } from '../cluster/user.ts'
import { CommandError, type Io } from '../io.ts'
import { aboutNode, fieldManager, inCluster, readNode, readRepairs, timeoutMs } from './subject.ts'

interface Flags extends ClusterFlags {
  readonly by?: string
}

export function retryCommand(io: Io): Command {
  return aboutNode(new Command('retry'))
    .description('forgive what was tried on a node in vain, so that the next attempt begins with the first rung, now')
    .option('--by <NAME>', 'who forgives (default: the user that the API server knows, else USER)')
    .action((node: string, flags: Flags) =>
      inCluster(flags, io, async (api) => retry(api, node, flags.by ?? (await userOf(api, io)))),
    )
}

async function retry(api: Api, node: string, by: string): Promise<Shown> {
  const { metadata, spec } = await readNode(api, node)
  const providerId = spec?.providerID
  const machine = { name: node, uid: metadata.uid ?? '', ...(providerId !== undefined && { providerId }) }
  const tried = countedOn(machine, historyOf(await readRepairs(api)))
  if (tried.length === 0) {
    throw new CommandError('NM_REPAIR_NONE', shown`nothing was tried on ${node} that counts; see: nodemend why ${node}`)
  }
  const patch = { metadata: { annotations: { [forgivenKey]: by === '' ? 'nodemend' : by } } }
  for (const { name } of tried) {
    await patchObject(api, nodeRepairs, { name }, patch, { type: 'merge', timeoutMs, fieldManager })
  }
  const names = tried.map(({ name }) => name).join(', ')
  return shown`Forgiven: ${names}. The next attempt on ${node} begins with the first rung, once every other gate allows.`
}
