/**
 * Certificates that a node lives by. Kubelet keeps its own behind links in /var/lib/kubelet/pki
 * (client-go's certificate_store.go); kubeadm and EKS write the cluster's authority.
 */
import { type Host, textOf } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface Certificate {
  readonly name: string
  readonly path: string
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly until: number
}

export interface CertificatesSample {
  readonly now: number
  readonly certificates: readonly Certificate[]
}

const files = [
  ['kubelet-client', 'var/lib/kubelet/pki/kubelet-client-current.pem'],
  ['kubelet-server', 'var/lib/kubelet/pki/kubelet-server-current.pem'],
  ['cluster-ca', 'etc/kubernetes/pki/ca.crt'],
] as const

export function readCertificates(host: Host, now: number): Look<CertificatesSample> {
  const certificates: Certificate[] = []
  for (const [name, path] of files) {
    const read = host.read(path)
    if ('denied' in read) return { failed: read.denied }
    const pem = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/.exec(textOf(read) ?? '')?.[0]
    if (pem === undefined) continue // absent, or only a key
    const found = datesOf(pem)
    if (!found) return { failed: `/${path} holds no certificate that can be read` }
    certificates.push({ name, path: `/${path}`, ...found })
  }
  if (certificates.length === 0) return { absent: 'kubelet keeps no certificates on this machine' }
  return { sample: { now, certificates } }
}

/** node:crypto is loaded at the first certificate, so a machine without any does not pay for it. */
function datesOf(pem: string): Pick<Certificate, 'from' | 'until'> | undefined {
  const { X509Certificate } = process.getBuiltinModule('node:crypto')
  try {
    const { validFrom, validTo } = new X509Certificate(pem)
    const [from, until] = [Date.parse(validFrom), Date.parse(validTo)]
    return from < until ? { from, until } : undefined
  } catch {
    return undefined
  }
}
