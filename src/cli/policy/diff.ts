/** `nodemend policy diff FILE…`: what would change for the nodes if these policies were applied now. Writes nothing. */
import { Command } from 'commander'
import { shown } from '../../model/shown.ts'
import type { ProviderName } from '../../providers/providers.ts'
import { describeError, parsePolicies } from '../../repair/policy/parse.ts'
import { snapshotOf, viewCluster } from '../ask/cluster-view.ts'
import { type ClusterFlags, clusterApi } from '../cluster/api.ts'
import { providersOption } from '../cluster/providers-option.ts'
import { CommandError, type Io, type OutputFormat } from '../io.ts'
import { outputOption, print } from '../output.ts'
import { askingCluster, withProgress } from '../progress.ts'
import { labelled, paragraph } from '../text/layout.ts'
import { type NodeChange, type PolicyDiff, policyDiff, type Verdict } from './changes.ts'
import { readPolicies } from './read.ts'

const labelWidth = 11

interface Flags extends ClusterFlags {
  readonly namespace?: string
  readonly leaseName: string
  readonly providers: readonly ProviderName[]
  readonly output: OutputFormat
}

export function policyDiffCommand(io: Io): Command {
  return new Command('diff')
    .description('say what would change for the nodes if these policies were applied now; writes nothing')
    .argument('<file...>', 'YAML with RepairPolicies; each takes the place of the one of its name')
    .option('--kubeconfig <FILE>', 'how to reach the cluster (default: KUBECONFIG, ~/.kube/config)')
    .option('--context <NAME>', 'context of the kubeconfig')
    .option('--namespace <NAME>', 'namespace of the controller (default: the context’s, else default)')
    .option('--lease-name <NAME>', 'name of the controller’s lease', 'nodemend-controller')
    .addOption(providersOption('what the controller runs'))
    .addOption(outputOption())
    .action((files: string[], flags: Flags) => diff(files, flags, io))
}

async function diff(files: readonly string[], flags: Flags, io: Io): Promise<void> {
  const given = readPolicies(files)
  const { api, namespace = 'default' } = await clusterApi(flags, 'cli', io)
  try {
    const lease = { namespace: flags.namespace ?? namespace, name: flags.leaseName }
    const view = await withProgress(io, askingCluster, () => viewCluster(api, io.clock, lease, flags.providers))
    const names = new Set(given.map(({ metadata }) => metadata.name))
    const others = view.policyObjects.filter(({ metadata }) => !names.has(metadata.name))
    const after = parsePolicies([...others, ...given])
    if (after.errors.length > 0) {
      throw new CommandError('NM_POLICY_REFUSED', shown`${after.errors.map(describeError).join('; ')}`)
    }
    const sets = { before: view.policies.policies, after: after.policies }
    // Both sets are asked as by a controller that leads: that none does is not for a policy to change.
    const data = policyDiff(snapshotOf(view, true), view.repairs, sets, io.clock.now())
    print(io, flags.output, data, () => diffText(data, io.columns))
  } finally {
    api.close()
  }
}

function diffText({ matched, nodes, changes }: PolicyDiff, columns: number): string {
  const rest = matched - changes.length
  const head = shown`${changes.length} of ${nodes} nodes would be judged otherwise; ${rest} sick ones as before.`
  return [paragraph(head, columns), ...changes.map((one) => changeText(one, columns))].join('')
}

function changeText({ node, now, applied }: NodeChange, columns: number): string {
  const lines = [
    { label: '  now', verdict: now },
    { label: '  applied', verdict: applied },
  ]
  const told = lines.map(({ label, verdict }) => labelled(label, [shown`${verdictText(verdict)}`], labelWidth, columns))
  return `${paragraph(shown`${node}`, columns)}${told.join('')}`
}

function verdictText({ outcome, policy, action, gate, why, until }: Verdict): string {
  const rule = `${action ?? 'no action'} by policy ${policy ?? ''}`
  const because = gate === null ? '' : ` (${gate}: ${why ?? ''})`
  switch (outcome) {
    case 'no-rule':
    case 'cleared':
      return 'no rule matches, and nothing is done'
    case 'act':
      return `${rule} begins at once`
    case 'would-act':
      return `${rule} is only told${because}`
    case 'no-action':
      return `policy ${policy ?? ''} says NoAction`
    case 'wait':
      return `${rule} waits${until === null ? '' : ` until ${until}`}${because}`
    case 'refuse':
      return `${rule} is refused${because}`
  }
}
