/**
 * What is left of each certificate, as a share of its own life: kubelet renews its own when 10 to 30 % are left, so less
 * means that renewing fails, for certificates of a day and of a year alike.
 */
import { rfc3339Seconds } from '../../../../telemetry/rfc3339.ts'
import type { Measured } from '../../limits.ts'
import type { CertificatesSample } from './read.ts'

export function judgeCertificates({
  now,
  certificates,
}: CertificatesSample): readonly Measured<'left-percent' | 'expired' | 'left-hours'>[] {
  return certificates.flatMap(({ name: device, path, from, until }) => {
    const left = Math.max(0, until - now)
    const parts = { path, until: rfc3339Seconds(until) }
    return [
      { value: 'left-percent', amount: Math.min(100, (left * 100) / (until - from)), device, parts },
      { value: 'expired', amount: left === 0 ? 1 : 0, device, parts },
      { value: 'left-hours', amount: left / 3_600_000, device },
    ]
  })
}
