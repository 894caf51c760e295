/** The programs of a real cluster, and the source of each. */

export type ToolName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubelet'
  | 'kube-proxy'
  | 'kubectl'
  | 'kwok'
  | 'karpenter'
  | 'promtool'
  | 'prometheus'
  | 'promtool-rules'
  | 'helm'
  | 'pause'

/** A folder below `tools/` with one go.mod: programs that share one set of library versions. */
export const toolSets = ['kubernetes', 'kwok', 'karpenter', 'promtool', 'prometheus', 'helm', 'pause'] as const
export type ToolSet = (typeof toolSets)[number]

export interface Tool {
  readonly set: ToolSet
  /** The package for `go build`, and the name of its binary. */
  readonly package: string
  readonly builtName: string
  /** Variables stamped at link time. Without a version that is valid semver, kubectl complains about the server. */
  readonly stamps: readonly string[]
  /** Build tags. */
  readonly tags?: readonly string[]
  /** True where a program of the same name on the PATH is used instead, whatever its version. */
  readonly fromPath: boolean
}

const KUBERNETES_STAMPS = ['gitVersion=v1.36.3', 'gitMajor=1', 'gitMinor=36'].map(
  (stamp) => `k8s.io/component-base/version.${stamp}`,
)

/** What a real node runs beside Debian's packages. */
export const NODE_TOOLS: readonly ToolName[] = ['kubelet', 'kube-proxy', 'pause']

/** Without the Kubernetes version, `helm template` takes the cluster for one of 1.20. */
const HELM_STAMPS = [
  'internal/version.version=v3.22.0',
  ...['pkg/chartutil', 'pkg/lint/rules'].flatMap((at) => [`${at}.k8sVersionMajor=1`, `${at}.k8sVersionMinor=36`]),
].map((stamp) => `helm.sh/helm/v3/${stamp}`)

export const TOOLS: Readonly<Record<ToolName, Tool>> = {
  etcd: { set: 'kubernetes', package: 'go.etcd.io/etcd/server/v3', builtName: 'server', stamps: [], fromPath: false },
  'kube-apiserver': kubernetes('kube-apiserver', false),
  'kube-controller-manager': kubernetes('kube-controller-manager', false),
  'kube-scheduler': kubernetes('kube-scheduler', false),
  kubelet: kubernetes('kubelet', false),
  'kube-proxy': kubernetes('kube-proxy', false),
  kubectl: kubernetes('kubectl', true),
  kwok: { set: 'kwok', package: 'sigs.k8s.io/kwok/cmd/kwok', builtName: 'kwok', stamps: [], fromPath: false },
  karpenter: { set: 'karpenter', package: '.', builtName: 'karpenter', stamps: [], fromPath: false },
  promtool: {
    set: 'promtool',
    package: '.',
    builtName: 'promtool',
    stamps: [],
    fromPath: true,
  },
  prometheus: ofPrometheus('prometheus'),
  // All of promtool, beside the small one that only checks metrics: it checks and tests rules.
  'promtool-rules': ofPrometheus('promtool'),
  pause: { set: 'pause', package: '.', builtName: 'pause', stamps: [], fromPath: false },
  helm: {
    set: 'helm',
    package: 'helm.sh/helm/v3/cmd/helm',
    builtName: 'helm',
    stamps: HELM_STAMPS,
    fromPath: false,
  },
}

/** Without the discoveries of thirty clouds the build takes a quarter of the time. */
function ofPrometheus(builtName: string): Tool {
  return {
    set: 'prometheus',
    package: `github.com/prometheus/prometheus/cmd/${builtName}`,
    builtName,
    stamps: [],
    tags: ['remove_all_sd', 'enable_kubernetes_sd'],
    fromPath: false,
  }
}

function kubernetes(name: string, fromPath: boolean): Tool {
  return {
    set: 'kubernetes',
    package: `k8s.io/kubernetes/cmd/${name}`,
    builtName: name,
    stamps: KUBERNETES_STAMPS,
    fromPath,
  }
}
