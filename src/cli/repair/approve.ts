/** `nodemend repair approve NODE`: a person lets a policy in mode Approve do what its record says now. */
import { Command } from 'commander'
import { type Api, nodeRepairs } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { patchObject } from '../../kube/objects.ts'
import type { Attempt } from '../../model/repair.ts'
import { type Shown, shown } from '../../model/shown.ts'
import { approvedKey } from '../../repair/attempt/codec.ts'
import type { ClusterFlags } from '../cluster/api.ts'
import { userOf } from '../cluster/user.ts'
import { CommandError, type Io } from '../io.ts'
import { aboutNode, fieldManager, inCluster, openRepair, ruleText, timeoutMs } from './subject.ts'

interface Flags extends ClusterFlags {
  readonly by?: string
  readonly end?: boolean
}

export function approveCommand(io: Io): Command {
  return aboutNode(new Command('approve'))
    .description('approve what a policy in mode Approve would do to a node now, and nothing else')
    .option('--by <NAME>', 'who approves (default: the user that the API server knows, else USER)')
    .option('--end', 'take the approval back')
    .action((node: string, flags: Flags) =>
      inCluster(flags, io, async (api) => {
        const repair = await openRepair(api, node)
        return flags.end ? takeBack(api, repair) : approve(api, repair, flags.by ?? (await userOf(api, io)))
      }),
    )
}

async function approve(api: Api, repair: Attempt, by: string): Promise<Shown> {
  const { name, nodeName, decision, phase, approvedBy } = repair
  const rule = decision?.rule
  if (phase !== 'Pending' || rule?.mode !== 'Approve') {
    const why =
      phase !== 'Pending' ? `it is ${phase} already` : `policy ${rule?.policy ?? ''} is in mode ${rule?.mode ?? ''}`
    throw new CommandError('NM_REPAIR_UNASKED', shown`nothing of ${nodeName} waits for an approval: ${why}`)
  }
  if (approvedBy !== undefined) {
    const remedy = `to approve it anew: nodemend repair approve ${nodeName} --end, then the same without --end`
    throw new CommandError('NM_REPAIR_APPROVED', shown`${name} is approved by ${approvedBy} already; ${remedy}`)
  }
  await write(api, repair, by === '' ? 'nodemend' : by)
  const others = decision?.gates.filter(({ gate, answer }) => gate !== 'approval' && answer !== 'allow') ?? []
  const [first] = others
  const waits = first ? ` It still waits: ${first.gate}: ${first.why}.` : ''
  return shown`Approved: ${ruleText(rule)} on ${nodeName}.${waits}`
}

async function takeBack(api: Api, repair: Attempt): Promise<Shown> {
  const { name, nodeName, approvedBy, phase } = repair
  if (approvedBy === undefined) throw new CommandError('NM_REPAIR_UNASKED', shown`${name} is not approved`)
  if (phase !== 'Pending') {
    const remedy = `to stop it: nodemend repair cancel ${nodeName}`
    throw new CommandError(
      'NM_REPAIR_BEGUN',
      shown`${name} is ${phase}: an approval is asked for before that; ${remedy}`,
    )
  }
  await write(api, repair, null)
  return shown`The approval of ${name} by ${approvedBy} is taken back.`
}

/** With the version that was read: what is approved is what the record said. */
async function write(api: Api, { name, resourceVersion }: Attempt, by: string | null): Promise<void> {
  const patch = { metadata: { resourceVersion, annotations: { [approvedKey]: by } } }
  try {
    await patchObject(api, nodeRepairs, { name }, patch, { type: 'merge', timeoutMs, fieldManager })
  } catch (error) {
    if (!isKubeError(error, 'NM_KUBE_CONFLICT')) throw error
    throw new CommandError('NM_REPAIR_CHANGED', shown`${name} changed meanwhile; look again: nodemend why NODE`)
  }
}
