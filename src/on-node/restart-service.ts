/** Restarts the unit of one service of the closed list, and watches whether it stays up. */
import { type OnNodeResult, type Service, services } from '../model/on-node/order.ts'
import { sleep } from '../telemetry/clock.ts'
import { ask, type Machine } from './machine.ts'
import { type UnitState, unitState } from './systemd.ts'

/** systemd gives a unit ninety seconds to stop before it kills it. */
const restartMs = 150_000
/** Until the unit has to be active. */
const startMs = 60_000
/** So long it has to stay active with one main process: a unit that ends at once is restarted within seconds. */
const steadyMs = 10_000
const pollMs = 2_000

/** Restarts `service`. Never rejects. */
export async function restartService(machine: Machine, service: Service): Promise<OnNodeResult> {
  const found = await unitOf(machine, service)
  if ('refused' in found) return { outcome: 'refused', why: found.refused }
  const { unit, before } = found
  const answer = await ask(machine, 'systemctl', ['restart', unit], restartMs)
  if ('trouble' in answer) return { outcome: 'failed', why: answer.trouble }
  return watch(machine, unit, before)
}

type FoundUnit = { readonly unit: string; readonly before: UnitState } | { readonly refused: string }

/** The unit by which this machine knows the service: one that runs before one that only may. */
async function unitOf(machine: Machine, service: Service): Promise<FoundUnit> {
  const known: { readonly unit: string; readonly before: UnitState }[] = []
  for (const unit of services[service]) {
    const before = await unitState(machine, unit)
    if (typeof before === 'string') return { refused: before }
    if (before.LoadState === 'masked') return { refused: `${unit} is masked: somebody does not want it to run` }
    if (before.LoadState === 'loaded') known.push({ unit, before })
  }
  const wanted = known.filter(({ before }) => isWanted(before))
  const found = wanted.find(({ before }) => before.ActiveState === 'active') ?? wanted[0]
  if (found) return found
  if (known[0]) return { refused: `${known[0].unit} is disabled and does not run: somebody does not want it` }
  return { refused: `this machine has no unit ${services[service].join(' or ')}` }
}

/** Not one that is switched off and at rest. */
function isWanted({ ActiveState, UnitFileState }: UnitState): boolean {
  return ActiveState !== 'inactive' || UnitFileState !== 'disabled'
}

/** Done once the unit has been active with one main process for {@link steadyMs}. */
async function watch(machine: Machine, unit: string, before: UnitState): Promise<OnNodeResult> {
  const { clock } = machine
  const began = clock.monotonic()
  let steady: { readonly pid: string; readonly since: number } | undefined
  let last = 'it was not asked'
  while (clock.monotonic() - began <= startMs + steadyMs) {
    const state = await unitState(machine, unit)
    const now = clock.monotonic()
    if (typeof state === 'string') last = state
    else if (state.ActiveState === 'active') {
      last = `active as process ${state.MainPID}`
      if (steady?.pid !== state.MainPID) steady = { pid: state.MainPID, since: now }
      if (now - steady.since >= steadyMs) {
        const was = before.MainPID === '0' || before.MainPID === '' ? before.ActiveState : `process ${before.MainPID}`
        return { outcome: 'done', why: `${unit} is active as process ${state.MainPID} (before: ${was})` }
      }
    } else {
      steady = undefined
      last = `${state.ActiveState}, result ${state.Result}`
    }
    await sleep(clock, pollMs)
  }
  return { outcome: 'failed', why: `${unit} did not stay active after its restart; it is ${last}` }
}
