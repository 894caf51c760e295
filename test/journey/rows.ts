/** The steps of an operator's guide to node health, what of each runs in the journey's tests, and what stands in for the rest. */

export interface Row {
  readonly number: number
  /** What the test shows; also its name. */
  readonly title: string
  /** What of the step cannot run on a machine without that, and what runs instead. */
  readonly standIn?: { readonly lacks: string; readonly instead: string }
}

export const rows = [
  { number: 1, title: 'one Helm install, and the agent is Ready under its labels' },
  {
    number: 2,
    title: 'every monitor of the agent has looked at the real node',
    standIn: {
      lacks: 'a GPU with NVML and DCGM',
      instead: '`fixtures/hosts/gpu-lost`, a machine whose GPU left the bus',
    },
  },
  { number: 3, title: 'the node has the five conditions beside those of kubelet' },
  {
    number: 4,
    title: 'a policy in Observe says what it would do, and does nothing',
    standIn: {
      lacks: 'a managed node group (AWS)',
      instead: 'a node group of real test nodes, by the provider `embedded`',
    },
  },
  {
    number: 5,
    title: 'conditions are those that a real Karpenter repairs by',
    standIn: {
      lacks: 'machines that Karpenter can make',
      instead: '`test/e2e/fault-to-replacement.test.ts`: a real Karpenter with modelled nodes',
    },
  },
  {
    number: 6,
    title: 'budgets take the causes that Karpenter knows, and no others',
    standIn: {
      lacks: 'drift and consolidation in this version',
      instead: 'the causes are taken in `budgets[].reasons`',
    },
  },
  { number: 7, title: 'a disruption budget of 10 % is taken in Karpenter’s grammar, and one of 0 forbids' },
  { number: 8, title: 'kubectl logs by the label shows JSON lines with the guide’s keys' },
  {
    number: 9,
    title: 'the guide’s GPU pod runs on a node that offers a GPU, and scan lists the findings',
    standIn: {
      lacks: 'a GPU',
      instead: 'an extended resource `nvidia.com/gpu` on the real node and a stub of nvidia-smi',
    },
  },
  {
    number: 10,
    title: 'Xid 31 by kubectl run and Xid 45 by a pod are Events, metrics and reasons, and condemn nothing',
  },
  {
    number: 11,
    title: 'Xid 79 turns the condition; enforced, the node is drained and replaced, and the new one proven',
  },
  {
    number: 12,
    title: 'the figures that Container Insights would show are in the metrics',
    standIn: { lacks: 'CloudWatch (AWS)', instead: '/metrics of the real agent' },
  },
  { number: 13, title: 'port 8080, a port named metrics and the labels of the guide’s scrape configuration' },
  {
    number: 14,
    title: 'the chart renders with dashboards and rules',
    standIn: { lacks: 'a Grafana', instead: 'the manifests of `helm template`' },
  },
  {
    number: 15,
    title: 'a fault that a privileged pod makes is found',
    standIn: {
      lacks: 'the controller of Chaos Mesh',
      instead: 'a pod that writes to the kernel log; test/drill runs against the definitions of Chaos Mesh',
    },
  },
] as const satisfies readonly Row[]
