/** What the service manager of the machine says about a unit. */
import { ask, type Machine } from './machine.ts'

const queryMs = 15_000

/** systemctl(1), `show`: one `Name=value` a line. */
const properties = ['LoadState', 'ActiveState', 'UnitFileState', 'MainPID', 'Result'] as const

export type UnitState = Readonly<Record<(typeof properties)[number], string>>

/** The state of `unit`, a name of the closed list; a text says why it cannot be told. */
export async function unitState(machine: Machine, unit: string): Promise<UnitState | string> {
  const answer = await ask(machine, 'systemctl', ['show', `--property=${properties.join()}`, unit], queryMs)
  if ('trouble' in answer) return answer.trouble
  const found = new Map(
    answer.output.split('\n').flatMap((line): [string, string][] => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value]]
    }),
  )
  return Object.fromEntries(properties.map((name) => [name, found.get(name) ?? ''])) as UnitState // every property is there
}
