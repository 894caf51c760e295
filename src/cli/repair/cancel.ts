/** `nodemend repair cancel NODE`: ends the attempt that is under way, while everything can still be put back. */
import { Command } from 'commander'
import { type Api, nodeRepairs } from '../../kube/api.ts'
import { deleteObject } from '../../kube/objects.ts'
import { isBeforeCommit } from '../../model/repair.ts'
import { type Shown, shown } from '../../model/shown.ts'
import type { ClusterFlags } from '../cluster/api.ts'
import { CommandError, type Io } from '../io.ts'
import { aboutNode, inCluster, openRepair, timeoutMs } from './subject.ts'

export function cancelCommand(io: Io): Command {
  return aboutNode(new Command('cancel'))
    .description('end the repair of a node that has not begun with its provider, and put everything back')
    .action((node: string, flags: ClusterFlags) => inCluster(flags, io, (api) => cancel(api, node)))
}

async function cancel(api: Api, node: string): Promise<Shown> {
  const { name, phase, resourceVersion } = await openRepair(api, node)
  if (phase === 'Pending') {
    const remedy = `to keep it from beginning: nodemend repair veto ${node}`
    throw new CommandError('NM_REPAIR_NONE', shown`no repair of ${node} is under way, ${name} only waits; ${remedy}`)
  }
  if (!isBeforeCommit(phase)) {
    const remedy = 'it goes on to its proof, and its deletion would take nothing back'
    throw new CommandError('NM_REPAIR_BEGUN', shown`${name} is ${phase}: its provider may have begun; ${remedy}`)
  }
  await deleteObject(api, nodeRepairs, { name }, { resourceVersion, timeoutMs })
  const next = `while it is sick it is tolerated anew and repaired again: nodemend repair veto ${node} forbids that`
  return shown`${name} is cancelled: our taint comes off ${node} within seconds, evicted pods stay where they are. ${next}.`
}
