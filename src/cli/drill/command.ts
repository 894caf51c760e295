/** `nodemend drill`: what can be injected, one drill or all of them, and their report. */
import { Command } from 'commander'
import type { Io } from '../io.ts'
import { drillChaosMeshCommand } from './chaos-mesh.ts'
import { drillListCommand } from './list.ts'
import { drillReportCommand } from './report.ts'
import { drillRunCommand } from './run.ts'
import { drillServeCommand } from './serve.ts'
import { drillWatchCommand } from './watch.ts'

export function drillCommand(io: Io): Command {
  return new Command('drill')
    .description('inject a fault into a node that is well, watch what follows, score it, and clean up')
    .addCommand(drillListCommand(io))
    .addCommand(drillRunCommand(io))
    .addCommand(drillReportCommand(io))
    .addCommand(drillWatchCommand(io))
    .addCommand(drillServeCommand(io))
    .addCommand(drillChaosMeshCommand(io))
}
