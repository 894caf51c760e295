/** The command tree as plain data, for completions of a shell and for checks of documented commands. */
import type { Command, Option } from 'commander'

export interface CommandNode {
  /** From the program down: `''`, `rules`, `rules test`. */
  readonly path: string
  readonly description: string
  readonly options: readonly OptionNode[]
  /** Names of the arguments, as the help writes them. */
  readonly args: readonly string[]
  readonly commands: readonly CommandNode[]
}

export interface OptionNode {
  /** `--output` and `-o`. */
  readonly flags: readonly string[]
  readonly description: string
  /** Whether a value follows. */
  readonly takesValue: boolean
  readonly choices: readonly string[]
}

export function treeOf(command: Command, above: readonly string[] = []): CommandNode {
  return {
    path: above.join(' '),
    description: command.description(),
    options: command.createHelp().visibleOptions(command).map(optionNode),
    args: command.registeredArguments.map((one) => one.name()),
    commands: command.commands.map((one) => treeOf(one, [...above, one.name()])),
  }
}

/** The node and everything below it. */
export function flattened(node: CommandNode): readonly CommandNode[] {
  return [node, ...node.commands.flatMap(flattened)]
}

/** The last word of its path. */
export function nameOf({ path }: CommandNode): string {
  return path.split(' ').at(-1) ?? ''
}

function optionNode({ long, short, description, required, optional, argChoices = [] }: Option): OptionNode {
  return {
    flags: [long, short].filter((one) => one !== undefined && one !== null),
    description,
    takesValue: required || optional,
    choices: argChoices,
  }
}
