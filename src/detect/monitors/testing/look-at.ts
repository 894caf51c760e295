/** Lets a monitor look once at a machine that the test describes, with the shipped catalogue. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { CompiledCatalogue } from '../../../catalog/compiled.ts'
import { compileShipped } from '../../../catalog/shipped.ts'
import { SteppedClock, seededRandom } from '../../../telemetry/clock.ts'
import { Registry } from '../../../telemetry/exposition.ts'
import { silentLog } from '../../../telemetry/log.ts'
import { assemble } from '../../assemble.ts'
import { decoders } from '../../decode/decoders.ts'
import { openHost } from '../../host/host.ts'
import { ScriptedChildren } from '../../host/testing/scripted-children.ts'
import { createSteadyTime } from '../../ledger/steady-time.ts'
import { createSettings, noOverrides } from '../../lifecycle/settings.ts'
import { compileMatchers } from '../../match/compile.ts'
import type { MonitorSpec, Observation } from '../monitor.ts'

/** The result of one look. */
export interface Seen {
  readonly state: string
  readonly absent: string | undefined
  /** Why the monitor cannot look. */
  readonly why: string | undefined
  /** `over REASON: message`, with ` on DEVICE` if it has one; `held …` between the two limits. */
  readonly levels: readonly string[]
  /** The monitor's gauges as exposed. */
  readonly gauges: readonly string[]
}

let catalogue: CompiledCatalogue | undefined // immutable, so compiled once for all tests

/**
 * Lets `spec` look once at a machine with these files. A file with content `null` becomes a folder, so reading it
 * fails.
 */
export async function lookAt(
  spec: MonitorSpec,
  files: Readonly<Record<string, string | null>>,
  children = new ScriptedChildren(),
): Promise<Seen> {
  const root = mkdtempSync(join(tmpdir(), 'nodemend-host-'))
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(text === null ? join(root, path) : dirname(join(root, path)), { recursive: true })
      if (text !== null) writeFileSync(join(root, path), text)
    }
    return await look(spec, root, children)
  } finally {
    rmSync(root, { recursive: true })
  }
}

async function look(spec: MonitorSpec, root: string, children: ScriptedChildren): Promise<Seen> {
  catalogue ??= compileShipped(join(import.meta.dirname, '..', '..', '..', '..', 'catalog'))
  const shipped = catalogue
  const clock = new SteppedClock()
  const settings = createSettings({ reasons: shipped.reasons, overrides: noOverrides, acceptUserspace: true })
  const registry = new Registry()
  const { monitors } = assemble({
    host: openHost(root),
    children,
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
  await monitor?.check((_monitor, observation) => seen.push(observation))
  const watch = seen.findLast((one) => one.watch)?.watch
  return {
    state: monitor?.state ?? 'pending',
    absent: monitor?.absent,
    why: watch && 'why' in watch ? watch.why : undefined,
    levels: (seen.at(-1)?.levels ?? []).map(({ state, match: { reason, message, device } }) => {
      if (message.includes('?')) throw new Error(`${reason}: a part of its message is not measured: ${message}`)
      return `${state} ${reason}: ${message}${device === undefined ? '' : ` on ${device}`}`
    }),
    gauges: registry
      .render()
      .split('\n')
      .filter((line) => line.startsWith(`nodemend_${spec.name}_`)),
  }
}
