/** `nodemend policy`: questions about policies. Each subcommand is a file. */
import { Command } from 'commander'
import type { Io } from '../io.ts'
import { policyDiffCommand } from './diff.ts'

export function policyCommand(io: Io): Command {
  return new Command('policy').description('ask what policies would do').addCommand(policyDiffCommand(io))
}
