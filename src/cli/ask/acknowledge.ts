/** `nodemend acknowledge NODE REASON [DEVICE]`: a person knows of a finding; it is shown, and condemns the node for a while no more. */
import { Command } from 'commander'
import { parseDuration } from '../../catalog/duration.ts'
import { compileShipped } from '../../catalog/shipped.ts'
import { type Api, nodes } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { getObject, patchObject } from '../../kube/objects.ts'
import {
  type Acknowledgement,
  acknowledgedKey,
  mostAcknowledgements,
  readAcknowledgements,
  writeAcknowledgements,
} from '../../model/acknowledgement.ts'
import { shown } from '../../model/shown.ts'
import type { NodeObject } from '../../repair/observe/seen.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import { userOf } from '../cluster/user.ts'
import { catalogueFolder } from '../inspect/catalogue-folder.ts'
import { CommandError, type Io } from '../io.ts'
import { askingCluster, withProgress } from '../progress.ts'
import { paragraph } from '../text/layout.ts'
import { timeText } from '../text/times.ts'
import { checkReason, reasonsOn } from './known-reason.ts'

interface Flags extends ClusterFlags {
  readonly why?: string
  readonly for: string
  readonly by?: string
  readonly end?: boolean
}

const shortestMs = 60_000
const longestMs = 30 * 86_400_000
/** The agent reads as much of a `why`. */
const longestWhy = 256
/** The node changes with each heartbeat: between our reading and our writing it may, too. */
const tries = 5
const timeoutMs = 5_000

export function acknowledgeCommand(io: Io): Command {
  return new Command('acknowledge')
    .description('say that a finding is known: it is shown, and does not condemn the node for a while')
    .argument('<node>', 'name of the node')
    .argument('<reason>', 'reason of the finding, as conditions and Events carry it')
    .argument('[device]', 'the device that it is about, as the message names it (default: every device)')
    .option('--why <TEXT>', `why the node may go on, for those who ask later; at most ${longestWhy} characters`)
    .option('--for <DURATION>', 'how long: from 1m to 30d', '24h')
    .option('--by <NAME>', 'who says so (default: the user that the API server knows, else USER)')
    .option('--end', 'take it back: the finding counts again')
    .option('--kubeconfig <FILE>', 'how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .action((node: string, reason: string, device: string | undefined, flags: Flags) => {
      return acknowledge({ node, reason, ...(device !== undefined && { device: device.toLowerCase() }) }, flags, io)
    })
}

/** Which finding of which node. */
interface Subject {
  readonly node: string
  readonly reason: string
  readonly device?: string
}

async function acknowledge(subject: Subject, flags: Flags, io: Io): Promise<void> {
  const forMs = flags.end ? 0 : durationOf(flags.for)
  const why = flags.end ? '' : whyOf(flags.why)
  const { api } = await clusterApi(flags, 'cli', io)
  try {
    if (flags.end) return await end(api, subject, io)
    const node = await withProgress(io, askingCluster, () => nodeNamed(api, subject.node))
    checkReason(subject.reason, reasonsOn(node), compileShipped(catalogueFolder(io.programFile)))
    const by = flags.by ?? (await userOf(api, io))
    const until = io.clock.now() + forMs
    const { reason, device } = subject
    const one = { reason, ...(device !== undefined && { device }), until, why, ...(by !== '' && { by }) }
    const add = (others: readonly Acknowledgement[]) => [...others.filter((other) => !isSame(other, subject)), one]
    await withProgress(io, askingCluster, () => change(api, subject, io, add))
    const seen = reasonsOn(node).includes(reason)
      ? ''
      : ' No condition of the node names it now: it counts once it is seen.'
    io.stdout(
      paragraph(shown`${named(subject)} is acknowledged until ${timeText(until, io.clock.now())}.${seen}`, io.columns),
    )
    io.stdout(
      paragraph(shown`The agent takes it with its next report. To take it back: ${endCommand(subject)}`, io.columns),
    )
  } finally {
    api.close()
  }
}

async function end(api: Api, subject: Subject, io: Io): Promise<void> {
  await change(api, subject, io, (all) => {
    const others = all.filter((other) => !isSame(other, subject))
    if (others.length < all.length) return others
    const known = all.map((one) => named({ node: subject.node, ...one }))
    const there = known.length === 0 ? 'nothing is acknowledged there' : `acknowledged are: ${known.join(', ')}`
    throw new CommandError('NM_ACKNOWLEDGE_NONE', shown`${named(subject)} is not acknowledged; ${there}`)
  })
  io.stdout(paragraph(shown`${named(subject)} counts again, with the next report of the agent.`, io.columns))
}

/** Writes what `edit` makes of all acknowledgements on the node, and nothing else; those that have ended go on the way. */
async function change(
  api: Api,
  { node }: Subject,
  { clock }: Io,
  edit: (all: readonly Acknowledgement[]) => readonly Acknowledgement[],
): Promise<void> {
  for (let left = tries; ; left--) {
    const { metadata } = await nodeNamed(api, node)
    const all = readable(node, metadata.annotations?.[acknowledgedKey])
    const next = edit(all).filter((one) => one.until > clock.now())
    if (next.length > mostAcknowledgements) {
      const remedy = 'end some of them: nodemend why NODE lists them'
      throw new CommandError(
        'NM_ACKNOWLEDGE_MOST',
        `a node has at most ${mostAcknowledgements} acknowledgements; ${remedy}`,
      )
    }
    const annotations = { [acknowledgedKey]: next.length === 0 ? null : writeAcknowledgements(next) }
    // With the version that was read: what somebody else wrote meanwhile is not lost.
    const patch = { metadata: { annotations, resourceVersion: metadata.resourceVersion } }
    try {
      await patchObject(api, nodes, { name: node }, patch, { type: 'merge', timeoutMs, fieldManager: 'nodemend-cli' })
      return
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_CONFLICT') || left <= 1) throw error
    }
  }
}

/** What stands there must be read before it is written: what cannot be read would be lost. */
function readable(node: string, text = '[]'): readonly Acknowledgement[] {
  const read = readAcknowledgements(text)
  if (!('trouble' in read)) return read
  const what = `the annotation ${acknowledgedKey} of ${node} cannot be read: ${read.trouble}`
  const remedy = `look at it and remove it: kubectl annotate node ${node} ${acknowledgedKey}-`
  throw new CommandError('NM_ACKNOWLEDGE_ANNOTATION', shown`${what}; ${remedy}`)
}

async function nodeNamed(api: Api, name: string): Promise<NodeObject> {
  try {
    return await getObject<NodeObject>(api, nodes, { name }, { timeoutMs })
  } catch (error) {
    if (!isKubeError(error, 'NM_KUBE_NOT_FOUND')) throw error
    throw new CommandError('NM_ACKNOWLEDGE_NODE', shown`no node of the name ${name}; see: nodemend status --all`)
  }
}

function durationOf(text: string): number {
  const ms = parseDuration(text)
  if (ms !== undefined && ms >= shortestMs && ms <= longestMs) return ms
  const remedy =
    'write a time from 1m to 30d, such as 8h; what is known for good is a setting of the agent: docs/how-to/tune-a-reason.md'
  throw new CommandError('NM_ACKNOWLEDGE_TIME', shown`--for ${text} does not do; ${remedy}`)
}

function whyOf(text = ''): string {
  const why = text.trim()
  const remedy = `write --why TEXT, for example --why 'RMA 4711, part comes on Monday'`
  if (why === '') throw new CommandError('NM_ACKNOWLEDGE_WHY', `without a reason nobody knows later why; ${remedy}`)
  if (why.length <= longestWhy) return why
  const long = `--why has ${why.length} characters, the agent reads ${longestWhy}; name a ticket in place of its text`
  throw new CommandError('NM_ACKNOWLEDGE_WHY', long)
}

function isSame(one: Acknowledgement, { reason, device }: Subject): boolean {
  return one.reason === reason && one.device === device
}

function named({ node, reason, device }: Subject): string {
  return `${reason}${device === undefined ? '' : ` on ${device}`} of ${node}`
}

function endCommand({ node, reason, device }: Subject): string {
  return `nodemend acknowledge ${node} ${reason}${device === undefined ? '' : ` ${device}`} --end`
}
