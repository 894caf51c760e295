/** Every command of `nodemend`, in the order of `--help`. */
import type { Command } from 'commander'
import { agentCommand } from './agent.ts'
import { classifyCommand } from './classify.ts'
import { controllerCommand } from './controller.ts'
import { crdsCommand } from './crds.ts'
import { demoCommand } from './demo/demo.ts'
import type { Io } from './io.ts'
import { rulesCommand } from './rules.ts'
import { scanCommand } from './scan.ts'
import { statusCommand } from './status.ts'
import { whyCommand } from './why.ts'

export const commands: readonly ((io: Io) => Command)[] = [
  agentCommand,
  controllerCommand,
  demoCommand,
  scanCommand,
  crdsCommand,
  statusCommand,
  whyCommand,
  classifyCommand,
  rulesCommand,
]
