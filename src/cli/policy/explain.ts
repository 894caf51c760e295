/** `nodemend policy explain [NAME…]`: what a policy means for the cluster as it is now, in plain words. Writes nothing. */
import { Command } from 'commander'
import { nearest } from '../../model/nearest.ts'
import { shown, shownText } from '../../model/shown.ts'
import type { ProviderName } from '../../providers/providers.ts'
import { describeError } from '../../repair/policy/parse.ts'
import { type ClusterView, snapshotOf, viewCluster } from '../ask/cluster-view.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import { providersOption } from '../cluster/providers-option.ts'
import { CommandError, type Io, type OutputFormat } from '../io.ts'
import { outputOption, print } from '../output.ts'
import { askingCluster, withProgress } from '../progress.ts'
import { labelled, paragraph, table } from '../text/layout.ts'
import { told } from '../text/times.ts'
import { explainPolicy, modeText, type PolicyExplanation } from './explanation.ts'

const labelWidth = 'Tolerates: '.length
/** More rows than this of a table are counted. */
const mostRows = 12

interface Flags extends ClusterFlags {
  readonly namespace?: string
  readonly leaseName: string
  readonly providers: readonly ProviderName[]
  readonly output: OutputFormat
}

/** What is printed: each policy, with the first sentence about it. */
interface Explained extends PolicyExplanation {
  readonly does: string
}

export function policyExplainCommand(io: Io): Command {
  return new Command('explain')
    .description('say what policies mean for the cluster as it is now: nodes, reasons, ladder, limits, next changes')
    .argument('[name...]', 'names of policies (default: all)')
    .option('--kubeconfig <FILE>', 'how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .option('--namespace <NAME>', 'namespace of the controller (default: the context’s, else default)')
    .option('--lease-name <NAME>', 'name of the controller’s lease', 'nodemend-controller')
    .addOption(providersOption('what the controller runs'))
    .addOption(outputOption())
    .action((names: string[], flags: Flags) => explain(names, flags, io))
}

async function explain(names: readonly string[], flags: Flags, io: Io): Promise<void> {
  const { api, namespace = 'default' } = await clusterApi(flags, 'cli', io)
  try {
    const lease = { namespace: flags.namespace ?? namespace, name: flags.leaseName }
    const view = await withProgress(io, askingCluster, () => viewCluster(api, io.clock, lease, flags.providers))
    const data = explainPolicies(names, view, io.clock.now())
    print(io, flags.output, data, () => data.map((one) => explainText(one, io.clock.now(), io.columns)).join('\n'))
  } finally {
    api.close()
  }
}

/** Pure. Throws `NM_POLICY_REFUSED` for a policy that is not there, or that has a mistake. */
export function explainPolicies(names: readonly string[], view: ClusterView, now: number): readonly Explained[] {
  const { readable, errors } = view.policies
  for (const name of names) {
    if (readable.some((one) => one.name === name)) continue
    const own = errors.filter((one) => one.policy === name)
    const near = nearest(
      name,
      readable.map((one) => one.name),
    )
    const unknown = `no policy has the name ${name}${near === undefined ? '' : `; is ${near} meant?`}`
    throw new CommandError('NM_POLICY_REFUSED', shown`${own.length > 0 ? own.map(describeError).join('; ') : unknown}`)
  }
  // Asked as by a controller that leads: what a policy means does not depend on that.
  const situation = { snapshot: snapshotOf(view, true), policies: readable, records: view.repairs, now }
  return readable
    .filter((one) => names.length === 0 || names.includes(one.name))
    .map((policy) => ({ ...explainPolicy(policy, situation), does: modeText(policy) }))
}

function explainText(data: Explained, now: number, width: number): string {
  const { policy, generation, does, nodes, selector, schedules, budgets, sick, changes } = data
  const whose = selector === '' ? 'every node' : `nodes with ${selector}`
  const head = `Policy ${policy} (generation ${generation}) ${does}. It is for ${whose}: ${nodes.selected} of ${nodes.all}.`
  const line = (label: string, texts: readonly string[]): string =>
    labelled(
      label,
      texts.map((text) => told(text, now, 512)),
      labelWidth,
      width,
    )
  const facts = [
    line('Sick:', data.match),
    line('Does:', [data.ladder]),
    line('Drain:', [data.drain]),
    line('Breaker:', [data.breaker]),
    line('Schedules:', schedules.map(scheduleText)),
    line('Changes:', counted(changes.map(({ at, what }) => `${at}: ${what}`))),
  ].join('')
  const rows = budgets.slice(0, mostRows).map(({ budget, place, limit, used, nodes: of, who }) => {
    const names = used === 0 ? '' : ` (${counted(who, 3).join('; ')})`
    return [shownText(budget), shownText(place), shownText(`${used} of at most ${limit} of ${of}${names}`)]
  })
  const more = budgets.length > mostRows ? paragraph(shown`and ${budgets.length - mostRows} places more`, width) : ''
  const limits = rows.length === 0 ? '' : `\n${table(['BUDGET', 'NODES OF', 'NOW'], rows, width)}${more}`
  return `${paragraph(shown`${head}`, width)}${facts}${limits}${sickText(sick, now, width)}`
}

function scheduleText({ field, text, open, changesAt }: PolicyExplanation['schedules'][number]): string {
  const until = changesAt === null ? '' : open ? `, until ${changesAt}` : `, begins at ${changesAt}`
  return `${field} (${text}) is ${open ? 'active' : 'not active'}${until}`
}

function sickText(sick: PolicyExplanation['sick'], now: number, width: number): string {
  if (sick.length === 0) return ''
  const rows = sick.slice(0, mostRows).map(({ node, outcome, gate, why }) => {
    const because = gate === null ? 'nothing stands in the way' : `${gate}: ${why ?? ''}`
    return [shownText(node), shownText(outcome), told(because, now, 512)]
  })
  const more = sick.length > mostRows ? paragraph(shown`and ${sick.length - mostRows} sick nodes more`, width) : ''
  return `\n${table(['SICK NODE', 'OUTCOME', 'WHY'], rows, width)}${more}`
}

function counted(texts: readonly string[], most = 5): readonly string[] {
  const rest = texts.length - most
  return rest > 0 ? [...texts.slice(0, most), `and ${rest} more`] : texts
}
