/** `nodemend eks enable-repair`: turns EKS's own node repair on for managed node groups. */

import type { NodeRepairConfigOverrides } from '@aws-sdk/client-eks'
import type { Command } from 'commander'
import { InvalidArgumentError } from 'commander'
import { repairText } from '../../providers/eks/repair-text.ts'
import { CommandError, type Io } from '../io.ts'
import { awsCommand } from './aws-command.ts'
import { openEks } from './eks-api.ts'
import { type EksFlags, eksSubcommand, optionsOf } from './flags.ts'
import { type Amount, parseAmount, parseOverride, repairConfig } from './repair-config.ts'

interface Flags extends EksFlags {
  readonly all?: boolean
  readonly maxUnhealthy?: Amount
  readonly maxParallel?: Amount
  readonly override?: readonly NodeRepairConfigOverrides[]
  readonly dryRun?: boolean
}

export function enableRepairCommand(io: Io): Command {
  return eksSubcommand('enable-repair', 'turn node repair of EKS on for managed node groups')
    .argument('[nodegroups...]', 'names of managed node groups')
    .option('--all', 'every managed node group of the cluster')
    .option('--max-unhealthy <AMOUNT>', 'repair stops above this many unhealthy nodes: 3 or 20%', amount)
    .option('--max-parallel <AMOUNT>', 'repair this many at a time: 1, or 50% of the unhealthy ones', amount)
    .option(
      '--override <RULE>',
      'CONDITION/REASON=ACTION@WAIT, e.g. StorageReady/IODelays=Replace@10m; repeatable',
      override,
    )
    .option('--dry-run', 'print the aws commands that do the same, and send nothing')
    .action(async (cluster: string, named: readonly string[], flags: Flags) => {
      await enableRepair(cluster, named, flags, io)
    })
}

async function enableRepair(cluster: string, named: readonly string[], flags: Flags, io: Io): Promise<void> {
  const { all = false, maxUnhealthy, maxParallel, override: overrides = [], dryRun = false, region } = flags
  if (all === named.length > 0) throw new CommandError('NM_EKS_NODEGROUP', 'name node groups, or give --all, not both')
  const eks = await openEks(optionsOf(flags))
  const present = (await eks.nodegroups(cluster)).flatMap(({ nodegroupName }) => nodegroupName ?? [])
  const wrong = named.filter((one) => !present.includes(one))
  if (present.length === 0) throw new CommandError('NM_EKS_NODEGROUP', `${cluster} has no managed node groups`)
  if (wrong.length > 0) {
    const are = `they are ${present.join(', ')}`
    throw new CommandError('NM_EKS_NODEGROUP', `${cluster} has no managed node group ${wrong.join(', ')}; ${are}`)
  }
  const nodeRepairConfig = repairConfig({
    overrides,
    ...(maxUnhealthy && { maxUnhealthy }),
    ...(maxParallel && { maxParallel }),
  })
  for (const nodegroupName of all ? present : named) {
    const input = { clusterName: cluster, nodegroupName, nodeRepairConfig }
    if (dryRun) io.stdout(`${awsCommand('update-nodegroup-config', input, region)}\n`)
    else {
      await eks.updateNodegroup(input)
      io.stdout(`${nodegroupName}: ${repairText(nodeRepairConfig)}\n`)
    }
  }
}

function amount(text: string): Amount {
  const found = parseAmount(text)
  if (!found) throw new InvalidArgumentError('Write a number of nodes such as 3, or a share from 1% to 100%.')
  return found
}

function override(
  text: string,
  before: readonly NodeRepairConfigOverrides[] = [],
): readonly NodeRepairConfigOverrides[] {
  const found = parseOverride(text)
  if (typeof found === 'string') throw new InvalidArgumentError(`${found}.`)
  return [...before, found]
}
