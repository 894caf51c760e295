/** `nodemend on-node`: what a pod on a node runs for a repair. Its verbs and what they may be about are closed lists. */
import { writeFileSync } from 'node:fs'
import { Argument, Command, InvalidArgumentError } from 'commander'
import { systemChildren } from '../../detect/host/children.ts'
import { openHost } from '../../detect/host/host.ts'
import {
  exitStatuses,
  isArchiveName,
  isPciAddress,
  messageOf,
  type OnNodeResult,
  type OnNodeTask,
  type Service,
  serviceNames,
} from '../../model/on-node/order.ts'
import { shown } from '../../model/shown.ts'
import { carryOut } from '../../on-node/carry-out.ts'
import { keptAt } from '../../repair/act/on-node/pod.ts'
import { CommandError, type Io } from '../io.ts'

interface Flags {
  readonly bootId: string
  readonly notAfter: number
  readonly hostRoot: string
  readonly message: string
}

export function onNodeCommand(io: Io): Command {
  const restart = verb('restart-service', 'restart one service of the node, and watch whether it stays up', io)
    .addArgument(new Argument('<SERVICE>', 'which one').choices(serviceNames))
    .action((service: Service, flags: Flags) => perform({ verb: 'restart-service', service }, flags, io))
  const reset = verb('reset-gpu', 'reset GPUs that no process uses', io)
    .argument('<PCI-ADDRESS...>', 'which ones, as 0000:3b:00.0', address)
    .action((gpus: readonly string[], flags: Flags) => perform({ verb: 'reset-gpu', gpus }, flags, io))
  const collect = verb('collect', 'keep logs and states of the node in one archive', io)
    .argument('<NAME>', 'of the archive', archive)
    .action((name: string, flags: Flags) => perform({ verb: 'collect', name }, flags, io))
  return new Command('on-node')
    .description('carry out one order of a repair on this node; run by pods that the controller makes')
    .addCommand(restart)
    .addCommand(reset)
    .addCommand(collect)
}

function verb(name: OnNodeTask['verb'], description: string, { env }: Io): Command {
  return new Command(name)
    .description(description)
    .requiredOption('--boot-id <ID>', 'the boot for which the order was given; another one refuses it')
    .requiredOption('--not-after <MS>', 'epoch milliseconds after which it must not begin', milliseconds)
    .option('--host-root <DIR>', 'where the machine’s / is mounted', env.HOST_ROOT ?? '/')
    .option('--message <FILE>', 'where the result is written as JSON', '/dev/termination-log')
}

async function perform(task: OnNodeTask, { bootId, notAfter, hostRoot, message }: Flags, io: Io): Promise<void> {
  const { clock } = io
  const machine = { host: openHost(hostRoot), children: systemChildren(hostRoot, clock), clock, evidence: keptAt }
  const result = await carryOut(machine, { task, bootId, notAfter })
  io.stdout(`${shown`${result.outcome}: ${result.why}`}\n`)
  tell(message, result, io)
  if (result.outcome !== 'done') throw new CommandError('NM_ON_NODE', result.why, exitStatuses[result.outcome])
}

/** Outside of a pod there is no such file, and the exit status says it all. */
function tell(file: string, result: OnNodeResult, io: Io): void {
  try {
    writeFileSync(file, messageOf(result), { flag: 'r+' })
  } catch (error) {
    io.stderr(`${shown`the result could not be written to ${file}: ${(error as Error).message}`}\n`)
  }
}

function address(text: string, before: readonly string[] = []): readonly string[] {
  if (!isPciAddress(text)) throw new InvalidArgumentError('Write a PCI address as the kernel does: 0000:3b:00.0.')
  return [...before, text]
}

function archive(text: string): string {
  if (!isArchiveName(text)) throw new InvalidArgumentError('Write the name of a NodeRepair.')
  return text
}

function milliseconds(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('Write milliseconds since 1970.')
  return Number(text)
}
