/** `nodemend agent`, which runs on every node. `flags.ts` has its flags, `run.ts` its parts. */
import { Command, Option } from 'commander'
import { compileShipped } from '../../catalog/shipped.ts'
import { catalogueFolder } from '../inspect/catalogue-folder.ts'
import { CommandError, type Io } from '../io.ts'
import { agentApi } from './api.ts'
import { agentFlags, type Flag, type FlagValues, withDefaults } from './flags.ts'
import { nvmlProgram } from './nvml-program.ts'
import { agentOptions } from './options.ts'
import { runAgent } from './run.ts'

export function agentCommand(io: Io): Command {
  const command = new Command('agent')
    .description('watch this node and report its conditions')
    .action(async (given: Readonly<Record<string, string | boolean>>) => {
      const options = agentOptions(withDefaults(valuesOf(given), io.env))
      const api = await agentApi({
        ...options,
        kubeconfig: options.kubeconfig,
        env: io.env,
        clock: io.clock,
        random: io.random,
      })
      const catalogue = compileShipped(catalogueFolder(io.programFile))
      try {
        await runAgent(options, {
          ...io,
          write: io.stdout,
          catalogue,
          api,
          nvmlProgram: nvmlProgram(io.programFile),
        })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
        throw new CommandError('NM_CLI_ADDRESS', `${(error as Error).message}; choose another with --metrics-address`)
      }
    })
  for (const flag of agentFlags) command.addOption(optionOf(flag))
  return command
}

function optionOf(flag: Flag): Option {
  const short = flag.short === undefined ? '' : `-${flag.short}, `
  const value = flag.value === undefined ? '[true|false]' : `<${flag.value}>`
  const notes = [flag.env && `env ${flag.env}`, flag.fallback !== undefined && `default ${flag.fallback}`].filter(
    Boolean,
  )
  return new Option(
    `${short}--${flag.name} ${value}`,
    notes.length > 0 ? `${flag.help} (${notes.join(', ')})` : flag.help,
  )
}

/** Commander names options in camel case and returns `true` for a switch without a value. */
function valuesOf(given: Readonly<Record<string, string | boolean>>): FlagValues {
  const pairs = agentFlags.flatMap(({ name }) => {
    const value = given[name.replace(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase())]
    return value === undefined ? [] : [[name, String(value)] as const]
  })
  return Object.fromEntries(pairs)
}
