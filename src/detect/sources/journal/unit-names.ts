/** Units in which distributions run kubelet and the container runtimes: rules name the usual unit alone. */

const aliases: Readonly<Record<string, readonly string[]>> = {
  'kubelet.service': [
    'k3s.service',
    'k3s-agent.service',
    'rke2-server.service',
    'rke2-agent.service',
    'snap.kubelet-eks.daemon.service',
    'snap.k8s.kubelet.service',
    'snap.microk8s.daemon-kubelite.service',
  ],
  'containerd.service': ['snap.k8s.containerd.service', 'snap.microk8s.daemon-containerd.service'],
  'crio.service': ['cri-o.service'],
}
const canonical = new Map(Object.entries(aliases).flatMap(([unit, names]) => names.map((name) => [name, unit])))

/** The unit that rules name for `unit`. */
export function canonicalUnit(unit: string): string {
  return canonical.get(unit) ?? unit
}

/** Each unit once, with every other name of it. */
export function withAliases(units: readonly string[]): readonly string[] {
  return [...new Set(units.flatMap((unit) => [unit, ...(aliases[unit] ?? [])]))]
}
