/** Every command of `nodemend`, in the order of `--help`. */
import type { Command } from 'commander'
import { agentCommand } from './agent/command.ts'
import { acknowledgeCommand } from './ask/acknowledge.ts'
import { statusCommand } from './ask/status.ts'
import { whyCommand } from './ask/why.ts'
import { cleanUpCommand } from './clean-up/command.ts'
import { rbacCommand } from './cluster/rbac.ts'
import { completionCommand } from './completion/command.ts'
import { controllerCommand } from './controller/command.ts'
import { crdsCommand } from './controller/crds.ts'
import { demoCommand } from './demo/demo.ts'
import { drillCommand } from './drill/command.ts'
import { eksCommand } from './eks/command.ts'
import { classifyCommand } from './inspect/classify.ts'
import { rulesCommand } from './inspect/rules.ts'
import { scanCommand } from './inspect/scan.ts'
import type { Io } from './io.ts'
import { onNodeCommand } from './on-node/command.ts'
import { policyCommand } from './policy/command.ts'
import { repairCommand } from './repair/command.ts'
import { licencesCommand } from './standalone/licences.ts'
import { systemdUnitCommand } from './standalone/systemd-unit.ts'

export const commands: readonly ((io: Io) => Command)[] = [
  agentCommand,
  controllerCommand,
  demoCommand,
  scanCommand,
  crdsCommand,
  rbacCommand,
  statusCommand,
  whyCommand,
  acknowledgeCommand,
  repairCommand,
  policyCommand,
  classifyCommand,
  rulesCommand,
  completionCommand,
  cleanUpCommand,
  eksCommand,
  drillCommand,
  onNodeCommand,
  systemdUnitCommand,
  licencesCommand,
]
