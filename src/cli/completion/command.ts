/** `nodemend completion`: a script that completes commands, options and names of nodes, made from the commands themselves. */
import { Argument, Command } from 'commander'
import type { Io } from '../io.ts'
import { bashCompletion, zshCompletion } from './bash.ts'
import { fishCompletion } from './fish.ts'
import { type CommandNode, treeOf } from './tree.ts'

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } satisfies Record<
  string,
  (tree: CommandNode) => string
>
type Shell = keyof typeof shells

export function completionCommand(io: Io): Command {
  const command = new Command('completion')
    .description('print a script that completes commands in a shell: source <(nodemend completion bash)')
    .addArgument(new Argument('<SHELL>', 'which shell').choices(Object.keys(shells)))
  return command.action((shell: Shell) => {
    const whole = command.parent ?? command
    io.stdout(shells[shell](treeOf(whole)))
  })
}
