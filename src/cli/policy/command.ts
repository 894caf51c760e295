/** `nodemend policy`: work with repair policies before they act. */
import { Command } from 'commander'
import type { Io } from '../io.ts'
import { policyDiffCommand } from './diff.ts'
import { policyExplainCommand } from './explain.ts'
import { policySnapshotCommand } from './snapshot/command.ts'
import { policyTestCommand } from './test.ts'

export function policyCommand(io: Io): Command {
  return new Command('policy')
    .description('try repair policies out')
    .addCommand(policyTestCommand(io))
    .addCommand(policyDiffCommand(io))
    .addCommand(policyExplainCommand(io))
    .addCommand(policySnapshotCommand(io))
}
