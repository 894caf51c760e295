/** Runs targets on inputs in proportion to their shares; a failure names target, seed and input. */
import { seededRandom } from '../../src/telemetry/clock.ts'
import { type Target, targets } from './targets.ts'

/** Most characters of an input in the report of a failure. */
const mostShown = 2_000

export interface FuzzOptions {
  readonly inputs: number
  readonly seed: number
  /** Called before each input of a target begins, with its number. */
  readonly onInput?: (target: string, number: number, input: string) => void
  readonly only?: string
}

export async function fuzz({ inputs, seed, onInput, only }: FuzzOptions): Promise<void> {
  const chosen = targets.filter(({ name }) => only === undefined || name === only)
  const shares = chosen.reduce((sum, { share }) => sum + share, 0)
  for (const [index, target] of chosen.entries()) {
    await runTarget(target, Math.ceil((inputs * target.share) / shares), seed + index, onInput)
  }
}

async function runTarget(target: Target, count: number, seed: number, onInput: FuzzOptions['onInput']): Promise<void> {
  const random = seededRandom(seed)
  let input = ''
  for (let number = 0; number < count; number++) {
    const tell = (made: string): void => {
      input = made
      onInput?.(target.name, number, made)
    }
    await target.run(random, tell).catch((error: Error) => {
      const text = `${target.name}, seed ${seed}, input ${number}: ${error.message}`
      throw new Error(`${text}\n${JSON.stringify(input.slice(0, mostShown))}`, { cause: error })
    })
  }
}
