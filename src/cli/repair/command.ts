/** `nodemend repair`: what a person says about the repair of one node. Each subcommand is a file. */
import { Command } from 'commander'
import type { Io } from '../io.ts'
import { approveCommand } from './approve.ts'
import { cancelCommand } from './cancel.ts'
import { retryCommand } from './retry.ts'
import { vetoCommand } from './veto.ts'

export function repairCommand(io: Io): Command {
  return new Command('repair')
    .description('approve, cancel, retry or forbid the repair of one node')
    .addCommand(approveCommand(io))
    .addCommand(cancelCommand(io))
    .addCommand(retryCommand(io))
    .addCommand(vetoCommand(io))
}
