/** `nodemend repair veto NODE`: nobody of ours touches the node, for a while or until it is taken back. */
import { Command } from 'commander'
import { parseDuration } from '../../catalog/duration.ts'
import { type Api, nodes } from '../../kube/api.ts'
import { patchObject } from '../../kube/objects.ts'
import { type Shown, shown } from '../../model/shown.ts'
import { vetoKey } from '../../repair/decide/vetoed.ts'
import type { ClusterFlags } from '../cluster/api.ts'
import { userOf } from '../cluster/user.ts'
import { CommandError, type Io } from '../io.ts'
import { timeText } from '../text/times.ts'
import { aboutNode, fieldManager, inCluster, readNode, timeoutMs } from './subject.ts'

interface Flags extends ClusterFlags {
  readonly why?: string
  readonly for?: string
  readonly end?: boolean
}

const shortestMs = 60_000
const longestMs = 30 * 86_400_000
const longestWhy = 200

export function vetoCommand(io: Io): Command {
  return aboutNode(new Command('veto'))
    .description('forbid repairs of a node; one that has not begun with its provider is put back')
    .option('--for <DURATION>', 'how long: from 1m to 30d (default: until it is taken back)')
    .option('--why <TEXT>', `why, for those who ask later; not with --for; at most ${longestWhy} characters`)
    .option('--end', 'take it back')
    .action((node: string, flags: Flags) => inCluster(flags, io, (api) => veto(api, node, flags, io)))
}

async function veto(api: Api, node: string, flags: Flags, io: Io): Promise<Shown> {
  const now = io.clock.now()
  const until = flags.for === undefined ? undefined : now + durationOf(flags.for)
  const why = flags.why === undefined ? '' : whyOf(flags.why, flags.for)
  const there = (await readNode(api, node)).metadata.annotations?.[vetoKey]
  if (flags.end) {
    if (there === undefined) throw new CommandError('NM_REPAIR_NONE', shown`${node} has no veto`)
    await write(api, node, null)
    return shown`The veto of ${node} (${there}) is taken back: its repair begins when every gate allows.`
  }
  // A time ends the veto by itself, so it is the whole value (see the gate veto).
  const value = until === undefined ? await textOf(api, why, io) : new Date(until).toISOString()
  await write(api, node, value)
  const end = until === undefined ? 'until it is taken back' : `until ${timeText(until, now)}`
  const back = `To take it back: nodemend repair veto ${node} --end`
  return shown`Nothing of ours touches ${node} ${end}. What has begun with a provider goes on. ${back}`
}

async function textOf(api: Api, why: string, io: Io): Promise<string> {
  const by = (await userOf(api, io)) || 'nodemend'
  return why === '' ? by : `${by}: ${why}`
}

async function write(api: Api, name: string, value: string | null): Promise<void> {
  const patch = { metadata: { annotations: { [vetoKey]: value } } }
  await patchObject(api, nodes, { name }, patch, { type: 'merge', timeoutMs, fieldManager })
}

function durationOf(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined && ms >= shortestMs && ms <= longestMs) return ms
  throw new CommandError('NM_REPAIR_TIME', shown`--for ${text} does not do; write a time from 1m to 30d, such as 8h`)
}

function whyOf(text: string, time: string | undefined): string {
  const why = text.trim()
  if (time !== undefined) {
    const remedy = 'a veto that ends by itself holds the time alone; leave one of them out'
    throw new CommandError('NM_REPAIR_WHY', `--why does not go with --for: ${remedy}`)
  }
  if (why.length <= longestWhy) return why
  throw new CommandError('NM_REPAIR_WHY', `--why has ${why.length} characters, at most ${longestWhy} are kept`)
}
