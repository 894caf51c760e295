/** Lets a monitor look at a machine that the test describes, with the shipped catalogue. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { CompiledCatalogue } from '../../../catalog/compiled.ts'
import { compileShipped } from '../../../catalog/shipped.ts'
import { SteppedClock, seededRandom } from '../../../telemetry/clock.ts'
import { Registry } from '../../../telemetry/exposition.ts'
import { silentLog } from '../../../telemetry/log.ts'
import { assemble } from '../../assemble.ts'
import { decoders } from '../../decode/decoders.ts'
import type { Children } from '../../host/children.ts'
import { type Host, openHost, type Space } from '../../host/host.ts'
import type { Loopback } from '../../host/network.ts'
import { ScriptedChildren } from '../../host/testing/scripted-children.ts'
import { createSteadyTime } from '../../ledger/steady-time.ts'
import { createSettings, noOverrides } from '../../lifecycle/settings.ts'
import type { Level } from '../../lifecycle/state.ts'
import { compileMatchers } from '../../match/compile.ts'
import type { MonitorSpec, Observation } from '../monitor.ts'
import { recordFired } from './fired.ts'

/** The files of a machine, by path. A file with content `null` becomes a folder, so reading it fails. */
export type Files = Readonly<Record<string, string | null>>

/** What lookAt() can be given beside files. */
export interface LookOptions {
  readonly children?: Children
  /** In place of the files. */
  readonly host?: Host
  /** Symbolic links, by path. */
  readonly links?: Readonly<Record<string, string>>
  readonly loopback?: Loopback
  /** Used only where the files have the boot id of this machine. */
  readonly nvmlProgram?: string
  /** Answers of `host.space`, by path. */
  readonly space?: Readonly<Record<string, Space>>
}

/** The result of one look. */
export interface Seen {
  readonly state: string
  readonly absent: string | undefined
  /** Why the monitor cannot look. */
  readonly why: string | undefined
  /**
   * `over REASON: message`, with ` on DEVICE` if it has one; `held …` between the two limits; `kept REASON` where the
   * look cannot tell.
   */
  readonly levels: readonly string[]
  /** The monitor's gauges as exposed. */
  readonly gauges: readonly string[]
}

let catalogue: CompiledCatalogue | undefined // immutable, so compiled once for all tests

/** Lets `spec` look once at a machine with these files. */
export async function lookAt(spec: MonitorSpec, files: Files, options?: LookOptions): Promise<Seen> {
  const [seen] = await looksAt(spec, [files], 0, options)
  return seen as Seen // one look, one result
}

/** Lets `spec` look at each of these states of a machine in turn, `everyMs` apart; a file that is left out is gone. */
export async function looksAt(
  spec: MonitorSpec,
  states: readonly Files[],
  everyMs: number,
  options: LookOptions = {},
): Promise<readonly Seen[]> {
  const root = mkdtempSync(join(tmpdir(), 'nodemend-host-'))
  try {
    const { look, clock } = looker(spec, root, options)
    const seen: Seen[] = []
    for (const files of states) {
      rmSync(root, { recursive: true })
      write(root, files, options)
      seen.push(await look())
      await clock.advance(everyMs)
    }
    return seen
  } finally {
    rmSync(root, { recursive: true })
  }
}

function write(root: string, files: Files, { links = {} }: LookOptions): void {
  mkdirSync(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(text === null ? join(root, path) : dirname(join(root, path)), { recursive: true })
    if (text !== null) writeFileSync(join(root, path), text)
  }
  for (const [path, target] of Object.entries(links)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    symlinkSync(target, join(root, path))
  }
}

/** The monitor on a machine in a folder; `look` looks once. */
export function looker(
  spec: MonitorSpec,
  root: string,
  { children = new ScriptedChildren(), host = openHost(root), loopback, nvmlProgram, space }: LookOptions = {},
) {
  catalogue ??= compileShipped(join(import.meta.dirname, '..', '..', '..', '..', 'catalog'))
  const shipped = catalogue
  const clock = new SteppedClock()
  const settings = createSettings({ reasons: shipped.reasons, overrides: noOverrides, acceptUserspace: true })
  const registry = new Registry()
  const { monitors } = assemble({
    host: space ? { ...host, space: (inside) => Promise.resolve(space[inside]) } : host,
    children,
    ...(loopback && { loopback }),
    ...(nvmlProgram !== undefined && { nvmlProgram }),
    clock,
    random: seededRandom(1),
    time: createSteadyTime(clock, () => clock.monotonic(), 'boot', undefined),
    log: silentLog,
    registry,
    settings: () => settings,
    catalogue: () => shipped,
    matchers: () => compileMatchers(shipped, decoders),
    kmsg: join(root, 'dev/kmsg'),
    cursors: {},
    sameBoot: true,
    monitors: [spec],
  })
  const seen: Observation[] = []
  const [monitor] = monitors
  return {
    clock,
    async look(): Promise<Seen> {
      await monitor?.check((_monitor, observation) => seen.push(observation))
      const watch = seen.findLast((one) => one.watch)?.watch
      return {
        state: monitor?.state ?? 'pending',
        absent: monitor?.absent,
        why: watch && 'why' in watch ? watch.why : undefined,
        levels: (seen.at(-1)?.levels ?? []).map(levelText),
        gauges: registry
          .render()
          .split('\n')
          .filter((line) => line.startsWith(`nodemend_${spec.name.replaceAll('-', '_')}_`)),
      }
    },
  }
}

function levelText({ state, match: { entry, reason, message, device } }: Level): string {
  const on = device === undefined ? '' : ` on ${device}`
  if (state === 'kept') return `kept ${reason}${on}`
  if (message.includes('?')) throw new Error(`${reason}: a part of its message is not measured: ${message}`)
  if (state === 'over') recordFired(entry)
  return `${state} ${reason}: ${message}${on}`
}
