/**
 * Chains and tables in which components of a cluster, or the distribution's firewall, refuse packets as part of their
 * work. What a person or a configuration tool adds stands elsewhere.
 */

/** Chains of iptables, by who writes them. */
const ownChains = [
  /^KUBE-/, // kubelet, kube-proxy, kube-router's policies
  /^cali-/, // Calico
  /^(?:OLD_)?CILIUM_/,
  /^ANTREA-/,
  /^FLANNEL-/,
  /^WEAVE(?:-|$)/,
  /^CNI-/, // port mapping, and podman before netavark
  /^NETAVARK/,
  /^DOCKER(?:-|$)/,
  /^ufw6?-/,
  /^(?:IN|FWD|FWDI|FWDO|FWD_OUT|FORWARD|INPUT|OUTPUT|POST|PRE)_/, // firewalld
  /^LIBVIRT_/,
  /^f2b-/, // fail2ban
  /^(?:sshguard|ts-input|ts-forward)$/,
  /^ISTIO_/,
]

/** Tables of nftables that belong to one component. */
const ownTables = /^(?:kube-|calico|cilium|antrea|flannel|firewalld|docker|netavark|libvirt|f2b|sshguard|istio|ufw)/

/** Tables that iptables keeps in nftables; iptables-save shows them better. */
const iptablesTables = /^ip6? (?:filter|nat|mangle|raw|security)$/

/** Rules that harden a node as its documentation advises, in any chain. */
const advised = [
  /--ctstate INVALID\b(?!,)/,
  /\bct state invalid\b/,
  /-d 169\.254\.169\.254\b/, // the metadata service of the cloud, for pods
  /\bip daddr 169\.254\.169\.254\b/,
  /"[^"]*Block Node Local Pod access[^"]*"/, // the Amazon VPC CNI
]

export interface Rule {
  /** `filter`, or family and name as nftables writes them: `inet filter`. */
  readonly table: string
  readonly chain: string
  readonly text: string
}

/** Whether a known component owns the rule's place, or the rule is advised. */
export function isKnown({ table, chain, text }: Rule): boolean {
  if (ownChains.some((name) => name.test(chain)) || advised.some((pattern) => pattern.test(text))) return true
  const [, name] = table.split(' ')
  return name !== undefined && ownTables.test(name)
}

/** Whether nftables shows with the table what iptables-save shows, too. */
export function isOfIptables(table: string): boolean {
  return iptablesTables.test(table)
}
