/** Certificates that end: kubelet's own, and the authority of the cluster. */
import { probeMonitor } from '../../probe.ts'
import { judgeCertificates } from './judge.ts'
import { readCertificates } from './read.ts'

const parts = ['path', 'until']

export const certificates = probeMonitor({
  name: 'certificates',
  conditions: ['ContainerRuntimeReady'],
  everyMs: 600_000,
  values: {
    'left-percent': { unit: 'percent', help: 'What is left of the life of a certificate.', parts },
    expired: { unit: 'count', help: '1 for a certificate that has expired.', parts },
    'left-hours': { unit: 'hours', help: 'Time until a certificate expires.', gaugeOnly: true },
  },
  look: ({ host, clock }) => readCertificates(host, clock.now()),
  judge: judgeCertificates,
})
