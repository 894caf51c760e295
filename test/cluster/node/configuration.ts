/** The configuration files of a test node's programs, as text. */

/** Addresses of one node; every node of the machine has its own number. */
export interface Network {
  /** Name of the node's end of the link. */
  readonly link: string
  /** This machine's end of the link: the API server and the registry as the node sees them. */
  readonly gateway: string
  readonly address: string
  /** Pods' addresses. */
  readonly pods: string
}

export interface NodeFiles {
  readonly folder: string
  readonly network: Network
  /** Where the plugins of containernetworking-plugins are. */
  readonly cniPlugins: string
  readonly registryPort: number
}

/** The name under which the pause image is imported. */
export const PAUSE_IMAGE = 'nodemend.dev/test/pause:1'

/** Name and text of each file; all go to the node's folder. */
export function nodeFiles(files: NodeFiles): Readonly<Record<string, string>> {
  return {
    'containerd.toml': containerd(files),
    'cni/10-pods.conflist': json(cni(files)),
    'registry/docker.io/hosts.toml': registry(files),
    'kubelet.json': json(kubelet()),
    'kube-proxy.json': json(kubeProxy(files)),
  }
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`

function containerd({ folder, cniPlugins }: NodeFiles): string {
  return `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  # Root without CAP_SYS_RESOURCE may not lower a score.
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "${cniPlugins}"
  conf_dir = "${folder}/cni"
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "${folder}/registry"
`
}

/** Pulls from Docker Hub go to the test's own registry, so that commands work as people write them. */
function registry({ network, registryPort }: NodeFiles): string {
  const url = `http://${network.gateway}:${registryPort}`
  return `server = "${url}"\n[host."${url}"]\n  capabilities = ["pull", "resolve"]\n`
}

function cni({ network }: NodeFiles): unknown {
  const ipam = { type: 'host-local', ranges: [[{ subnet: network.pods }]], routes: [{ dst: '0.0.0.0/0' }] }
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { type: 'ptp', ipMasq: true, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  }
}

/** Anonymous calls are allowed because only this machine can reach the node's address. */
function kubelet(): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: 'unix:///run/containerd/containerd.sock',
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    oomScoreAdj: 0,
    failSwapOn: false,
    failCgroupV1: false,
    evictionHard: { 'memory.available': '0%', 'nodefs.available': '0%', 'imagefs.available': '0%' },
    imageGCHighThresholdPercent: 100,
    resolvConf: '',
    readOnlyPort: 0,
    nodeStatusUpdateFrequency: '5s',
    syncFrequency: '10s',
  }
}

function kubeProxy({ folder, network }: NodeFiles): unknown {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'iptables',
    clientConnection: { kubeconfig: `${folder}/kube-proxy.kubeconfig` },
    clusterCIDR: network.pods,
    conntrack: { maxPerCore: 0 },
    healthzBindAddress: '127.0.0.1:10256',
    metricsBindAddress: '127.0.0.1:10249',
  }
}
