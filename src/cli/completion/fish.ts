/** Completion for fish. */
import { type CommandNode, flattened, nameOf, type OptionNode } from './tree.ts'

export function fishCompletion(tree: CommandNode): string {
  const lines = flattened(tree).flatMap((node) => [
    ...node.commands.map((one) => line(node, `-f -a ${nameOf(one)} -d ${quoted(one.description)}`)),
    ...node.options.map((one) => line(node, optionWords(one))),
  ])
  return `# fish completion of nodemend: nodemend completion fish | source\n${lines.join('\n')}\n`
}

function line(node: CommandNode, words: string): string {
  const below = node.commands.map(nameOf).join(' ')
  const seen = node.path.split(' ').filter((one) => one !== '')
  const conditions = [
    ...seen.map((one) => `__fish_seen_subcommand_from ${one}`),
    ...(below === '' ? [] : [`not __fish_seen_subcommand_from ${below}`]),
  ]
  return `complete -c nodemend -n ${quoted(conditions.join('; and '))} ${words}`
}

function optionWords({ flags, description, takesValue, choices }: OptionNode): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
  const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : ''
  return `${names.join(' ')}${value} -d ${quoted(description)}`
}

/** In single quotes fish knows two escapes. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
