/** Completion for bash, and for zsh through its bashcompinit. Static but for the names of nodes. */
import { type CommandNode, flattened, nameOf } from './tree.ts'

export function bashCompletion(tree: CommandNode): string {
  const all = flattened(tree)
  const steps = all.flatMap(({ path, commands }) =>
    commands.map((one) => `      ${quoted(`${path}|${nameOf(one)}`)}) path=${quoted(one.path)} ;;`),
  )
  const choices = all.flatMap(({ path, options }) =>
    options
      .filter((one) => one.choices.length > 0)
      .map(({ flags, choices }) => {
        const pattern = flags.map((flag) => quoted(`${path}|${flag}`)).join('|')
        return `    ${pattern}) COMPREPLY=($(compgen -W ${quoted(choices.join(' '))} -- "$cur")); return ;;`
      }),
  )
  const values = all.flatMap(({ path, options }) =>
    options.filter((one) => one.takesValue).flatMap(({ flags }) => flags.map((flag) => quoted(`${path}|${flag}`))),
  )
  const words = all.map(({ path, options, commands, args }) => {
    const flags = options.flatMap((one) => one.flags.filter((flag) => flag.startsWith('--')))
    const nodes = args.some((name) => name.toUpperCase() === 'NODE') ? ' $(_nodemend_nodes)' : ''
    return `    ${quoted(path)}) words="${[...commands.map(nameOf), ...flags].join(' ')}${nodes}" ;;`
  })
  return `# bash completion of nodemend: source <(nodemend completion bash)
_nodemend_nodes() {
  [[ $cur == -* ]] || kubectl get nodes -o name --request-timeout=2s 2>/dev/null | cut -d/ -f2
}
_nodemend() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path= word words=
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path|$word" in
${steps.join('\n')}
    esac
  done
  case "$path|$prev" in
${choices.join('\n')}
    ${values.join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  case "$path" in
${words.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _nodemend nodemend kubectl-nodemend
`
}

/** Completion for zsh: the functions of bash, which zsh can run. */
export function zshCompletion(tree: CommandNode): string {
  return `# zsh completion of nodemend: source <(nodemend completion zsh)
autoload -U +X compinit && compinit
autoload -U +X bashcompinit && bashcompinit
${bashCompletion(tree)}`
}

function quoted(text: string): string {
  return `'${text}'`
}
