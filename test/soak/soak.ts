/**
 * Kills agent and controller repeatedly at random instants while faults come, machines fail, and the API is away once.
 * Afterwards it compares the history with the expected one.
 */
import { type Bundles, takeBundles } from '../../bench/bundles.ts'
import { nodes } from '../../src/kube/api.ts'
import { createObject } from '../../src/kube/objects.ts'
import { type Random, seededRandom, sleep, systemClock } from '../../src/telemetry/clock.ts'
import { agentNode, agentProgram, type FaultSource, faultSource } from './faults.ts'
import { judgeAgent, judgeController, type Verdict } from './judge.ts'
import { killAgainAndAgain } from './killer.ts'
import type { SoakOptions } from './options.ts'
import { controllerProgram, furnishPool, type SickNodes, sickNodes } from './sick-nodes.ts'
import { type Site, startSite } from './site.ts'
import { agentStory, controllerStory } from './story.ts'

export interface SoakResult {
  readonly agentKills: number
  readonly controllerKills: number
  readonly lost: number
  readonly doubled: number
  readonly flaps: number
  readonly faults: number
  readonly repairs: number
  readonly awayMs: number
  readonly seconds: number
  readonly seed: number
  /** One sentence for each thing that is wrong. */
  readonly complaints: readonly string[]
}

/** Milliseconds between checks for the end. */
const lookMs = 250

/** Runs it. Rejects when a program ends by itself or something cannot be started. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const start = systemClock.monotonic()
  const evictions: Record<string, number> = {}
  const site = await startSite(seededRandom(options.seed), ({ method, path, status }) => {
    const pod = /\/pods\/([^/]+)\/eviction$/.exec(path)?.[1]
    if (method === 'POST' && pod !== undefined && status < 300) evictions[pod] = (evictions[pod] ?? 0) + 1
  })
  let wrong = true
  try {
    const bundles = takeBundles(site.folder, options.fresh)
    await createObject(site.api, nodes, { metadata: { name: agentNode } })
    await furnishPool(site.api)
    const faults = faultSource(site.folder, site.server.store, seededRandom(options.seed + 1), options.longestPauseMs)
    const sick = sickNodes(site.api, site.server.store, seededRandom(options.seed + 2))
    await unrest(options, site, bundles, faults, sick)
    const verdicts = await rest(options, site, faults, sick, evictions)
    wrong = verdicts.some(({ lost, doubled, flaps }) => lost.length + doubled.length + flaps.length > 0)
    const all = (key: keyof Verdict): readonly string[] => verdicts.flatMap((verdict) => verdict[key])
    return {
      agentKills: options.kills,
      controllerKills: options.kills,
      lost: all('lost').length,
      doubled: all('doubled').length,
      flaps: all('flaps').length,
      faults: faults.written.warnings.length + faults.written.fatals.length,
      repairs: sick.all.length,
      awayMs: options.awayMs,
      seconds: Math.round((systemClock.monotonic() - start) / 1000),
      seed: options.seed,
      complaints: (['lost', 'doubled', 'flaps'] as const).flatMap((key) => all(key)),
    }
  } finally {
    if (wrong) options.log(`logs, state and kernel log of this run are kept in ${site.folder}`)
    await site.close(wrong)
  }
}

/** Kills, faults, sick machines and the outage, all at once, until the last kill. */
async function unrest(
  { kills, awayMs, longestLifeMs, seed, log }: SoakOptions,
  site: Site,
  bundles: Bundles,
  faults: FaultSource,
  sick: SickNodes,
): Promise<void> {
  const calm = new AbortController()
  const agent = agentProgram(site.folder, bundles.agent, site.kubeconfig)
  const controller = controllerProgram(bundles.nodemend, site.kubeconfig)
  const plan = (offset: number) => ({ kills, random: seededRandom(seed + offset), log })
  const killing = Promise.all([
    killAgainAndAgain(site.processes, { ...plan(3), longestLifeMs: longestLifeMs.agent, program: () => agent }),
    killAgainAndAgain(site.processes, {
      ...plan(4),
      longestLifeMs: longestLifeMs.controller,
      program: () => controller,
    }),
  ])
  const working = Promise.all([
    faults.run(calm.signal),
    sick.run(calm.signal),
    outage(site, {
      awayMs,
      killsMs: (kills * longestLifeMs.agent) / 2,
      random: seededRandom(seed + 5),
      log,
      signal: calm.signal,
    }),
  ])
  try {
    await Promise.race([killing, working.then(() => killing)]) // the first failure rejects
    log('the last kill is done; waiting for a stable state')
  } finally {
    calm.abort()
    await working
  }
}

interface OutagePlan {
  readonly awayMs: number
  /** About how long the kills go on. */
  readonly killsMs: number
  readonly random: Random
  readonly log: (line: string) => void
  /** Ends it at once, with the API back. */
  readonly signal: AbortSignal
}

/** Shuts the API once, in the middle third of the kills. */
async function outage({ proxy }: Site, { awayMs, killsMs, random, log, signal }: OutagePlan): Promise<void> {
  const wait = (ms: number): Promise<void> => sleep(systemClock, ms, signal).catch(() => undefined)
  await wait((killsMs * (1 + random())) / 3)
  log(`the API is away for ${awayMs} ms`)
  await proxy.shut()
  await wait(awayMs)
  await proxy.open()
  log('the API is back')
}

/** Waits until nothing is missing or the time is over, then a little for repetitions. */
async function rest(
  { restMs }: SoakOptions,
  site: Site,
  faults: FaultSource,
  sick: SickNodes,
  evictions: Readonly<Record<string, number>>,
): Promise<readonly Verdict[]> {
  const judge = (): readonly Verdict[] => [
    judgeAgent(agentStory(site.server.store, faults.written)),
    judgeController(controllerStory(site.server.store, sick.all, evictions)),
  ]
  const deadline = systemClock.monotonic() + restMs
  while (judge().some(({ lost }) => lost.length > 0) && systemClock.monotonic() < deadline) {
    await sleep(systemClock, lookMs)
  }
  await sleep(systemClock, 2_000)
  return judge()
}
