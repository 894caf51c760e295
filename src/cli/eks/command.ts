/** `nodemend eks`: Amazon EKS's own node monitoring and repair, beside ours. Each subcommand is a file. */
import { Command } from 'commander'
import type { Io } from '../io.ts'
import { enableRepairCommand } from './enable-repair.ts'
import { installCommand } from './install.ts'
import { policyCommand } from './policy.ts'
import { recommendCommand } from './recommend.ts'
import { statusCommand } from './status.ts'

export function eksCommand(io: Io): Command {
  return new Command('eks')
    .description('Amazon EKS: find and install the monitoring add-on, turn node repair on, show both sides')
    .addCommand(recommendCommand(io))
    .addCommand(installCommand(io))
    .addCommand(enableRepairCommand(io))
    .addCommand(statusCommand(io))
    .addCommand(policyCommand(io))
}
