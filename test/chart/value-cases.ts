/** Sets of values that between them turn every switch of the chart. */

export interface ValueCase {
  /** Also the name of its golden file. */
  readonly name: string
  /** Default `nodemend`. */
  readonly release?: string
  /** Default `kube-system`. */
  readonly namespace?: string
  /** By path, as JSON; `crds.install` is false unless it is said otherwise. */
  readonly values?: Readonly<Record<string, unknown>>
}

export const valueCases: readonly ValueCase[] = [
  { name: 'default' },
  { name: 'privileged', values: { 'agent.privileged': true, 'agent.hostNetwork': false, 'agent.conditions': 'npd' } },
  {
    name: 'agent-only',
    namespace: 'default', // where Events about nodes are, too
    values: { 'controller.enabled': false, 'cleanUp.enabled': false, 'metrics.service.enabled': false },
  },
  {
    name: 'controller-only',
    release: 'fleet', // which becomes fleet-nodemend
    namespace: 'kube-node-lease', // where the kubelets' leases are, too
    values: {
      'agent.enabled': false,
      'controller.replicas': 1,
      'controller.providers': ['embedded', 'karpenter'],
      'controller.podDisruptionBudget.enabled': false,
      'networkPolicy.enabled': false,
    },
  },
  {
    name: 'metrics',
    values: {
      'metrics.serviceMonitor': { enabled: true, interval: '15s', labels: { release: 'prometheus' } },
      'metrics.podMonitor': { enabled: true, labels: { release: 'prometheus' } },
      'metrics.service.annotations': { 'prometheus.io/scrape': 'true' },
    },
  },
  {
    name: 'everything-else',
    release: 'a-name-so-long-that-it-has-to-be-cut-somewhere',
    namespace: 'nodemend',
    values: {
      nameOverride: 'mender',
      imagePullSecrets: ['registry'],
      'priorityQuota.enabled': true,
      'networkPolicy.from': [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
      'cleanUp.timeoutSeconds': 30,
      drills: {
        enabled: true,
        injectorImage: 'registry.example:5000/busybox:1',
        perDomain: 2,
        domainLabel: 'topology.example/rack',
      },
      'agent.image': { digest: `sha256:${'0123456789abcdef'.repeat(4)}`, pullPolicy: 'Always' },
      'agent.capabilities': [],
      'agent.port': 9100,
      'agent.resources.limits': { memory: '288Mi', 'squat.ai/kmsg': 1 }, // of a device plugin
      'agent.ownNodeOnly': false,
      'agent.nodeHealth': false,
      'agent.config': { reasons: { SoftLockup: { severity: 'info' } } },
      'agent.rules': { 'site.yaml': 'family: site\nreasons: []\n' },
      'agent.extraArgs': ['--verbosity=3'],
      'agent.podLabels': { team: 'nodes' },
      'agent.podAnnotations': { 'example.com/a': 'b' },
      'agent.serviceAccount': { name: 'watcher', annotations: { 'example.com/role': 'none' } },
      'controller.image': { repository: 'registry.example:5000/controller', tag: 'v2' },
      'controller.port': 9101,
      'controller.providers': ['webhook', 'eks'],
      'controller.onNode.enabled': true,
      'controller.aws': { cluster: 'prod', region: 'eu-west-1', replaceFirst: true },
      'controller.webhook': { url: 'https://machines.example', secretName: 'machines' },
      'controller.tolerations': [{ key: 'dedicated', operator: 'Exists' }],
      'controller.affinity': { nodeAffinity: {} },
      'controller.extraArgs': ['--karpenter-node-repair=off'],
      'controller.podLabels': { team: 'nodes' },
      'controller.podAnnotations': { 'example.com/a': 'b' },
      'controller.serviceAccount': { name: 'mender', annotations: { 'example.com/role': 'none' } },
    },
  },
]
